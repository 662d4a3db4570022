"""The live catalogue: versions of procedures in the database, and which agency offers them."""
