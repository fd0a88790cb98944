"""The dictionaries outside a run: one raw value understood at a time, with the same SQL that dbt runs."""
