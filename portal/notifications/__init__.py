"""What people are told of their case."""
