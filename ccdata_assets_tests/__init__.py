"""Tests of ccdata; the world they share is world.py."""
