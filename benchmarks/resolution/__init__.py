"""Benchmarks of entity resolution."""
