"""The agencies of the province, their identifiers and their predecessors."""
