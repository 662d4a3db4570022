"""Ways of signing, one file each; what they offer is in `portal.gateways.signing`."""
