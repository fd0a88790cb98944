"""Planning: how many calls are expected, how many people they need, who works when."""
