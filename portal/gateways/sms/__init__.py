"""Sending SMS: one file a gateway; the names in `SMS_GATEWAYS` are names of files."""
