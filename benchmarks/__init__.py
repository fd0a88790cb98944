"""Synthetic data and benchmark commands: speed and memory as ratios measured in one run."""
