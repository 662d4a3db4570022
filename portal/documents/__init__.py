"""Papers that people hand in, and the results that agencies issue."""
