"""Ways to generate new records, one module each."""
