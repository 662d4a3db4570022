"""The case: its life from submission to result. The heart of the product."""
