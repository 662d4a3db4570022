"""Working time and due times."""
