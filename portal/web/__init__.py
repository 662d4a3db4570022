"""The web site: thin views over the domain."""
