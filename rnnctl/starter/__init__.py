"""Guesses for ``rnnctl init`` of what a file holds and what can be predicted, each with its reason in words."""
