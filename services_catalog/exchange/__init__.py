"""The catalogue as files: XLSX and JSON Lines in and out, and tables of the national database in."""
