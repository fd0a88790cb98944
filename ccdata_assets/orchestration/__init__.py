"""What the Dagster wiring in defs/ is made of: the warehouse resource, dbt, metadata, and the scrubbed step."""
