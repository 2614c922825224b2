"""Predictions of future rows and tokens, and of labels in new data, as tables."""
