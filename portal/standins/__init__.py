"""Local servers that speak the outside systems' wire formats, for tests and trials."""
