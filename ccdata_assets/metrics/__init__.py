"""KPIs as data: their registry, and the one evaluation that writes kpi.value."""
