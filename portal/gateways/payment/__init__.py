"""Ways of paying: one file a gateway; the names in `PAY_GATEWAYS` are names of files."""
