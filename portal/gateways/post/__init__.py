"""Carriers of papers, one file each; what they offer is in `portal.gateways.posting`."""
