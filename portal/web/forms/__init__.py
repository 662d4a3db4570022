"""E-forms of the catalogue as web forms."""
