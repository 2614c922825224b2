"""Predictions held against what is true, and against what anyone could say without a network. Knows no models."""
