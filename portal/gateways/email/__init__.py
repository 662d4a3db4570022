"""Sending e-mail: one file a gateway; the names in `EMAIL_GATEWAYS` are names of files."""
