"""Files become raw rows: every row as text with its lineage, every file a line of the ledger."""
