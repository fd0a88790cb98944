"""The engine (DuckDB): connections, ledgers, staging, and the published copy everyone reads."""
