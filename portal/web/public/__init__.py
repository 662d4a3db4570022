"""Pages for everyone: search, procedures, looking up a case."""
