"""Providers of electronic receipts: one file each; `RECEIPT_PROVIDER` is the name of a file."""
