"""Dagster wiring only, one module a stage, in flow order: raw, staged, standard, golden, marts, kpi, published, report."""
