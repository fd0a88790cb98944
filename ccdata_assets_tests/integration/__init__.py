"""Tests through Dagster and the command line on real files; the slow ones are marked and run in CI."""
