"""Why the centre did as it did: distributions, patterns, associations, growth and outliers, each a table of the schema `analysis`."""
