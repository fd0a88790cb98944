"""ccdata: raw feeds of a call centre's data-resource department become checked tables, KPIs and reports."""

__version__ = "0.1.0"
