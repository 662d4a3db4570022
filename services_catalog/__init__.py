"""What the province offers: procedures, forms, agencies. Pure data and rules, no framework."""
