"""Metrics of predictions, and baselines that need no network."""
