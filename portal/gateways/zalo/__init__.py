"""Sending by Zalo: one file a gateway; the names in `ZALO_GATEWAYS` are names of files."""
