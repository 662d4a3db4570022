"""Accounts, positions of staff and what each role may do."""
