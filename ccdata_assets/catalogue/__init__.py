"""The catalogue: which tables and columns readers have, how they hang together, and what each column is made of."""
