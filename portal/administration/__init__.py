"""Keeping units and people: who works where as what, since when and until when, and who has changed it."""
