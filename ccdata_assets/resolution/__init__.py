"""Records that mean the same organisation become one entity with an ID that stays."""
