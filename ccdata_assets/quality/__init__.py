"""Data quality: checks as data, run by Great Expectations, handed back as plain outcomes.

The only package that may import great_expectations, and it does so inside functions, because the import takes
seconds and a run with nothing new must not pay for it. Callers use `validation.py`; what a KPI target is
belongs in `metrics/`.
"""
