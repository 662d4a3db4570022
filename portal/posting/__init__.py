"""Papers that a carrier fetches from people or brings to them."""
