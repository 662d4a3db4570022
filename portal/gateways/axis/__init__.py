"""Ways to the axis, one file each; what they offer is in `portal.gateways.exchange_axis`."""
