"""Checks of a dataset for ``rnnctl check``; on large data, of a sample spread evenly over the training rows."""
