"""What is to come: forecasts, the agents they need, and the rosters of those agents."""
