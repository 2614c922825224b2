"""Data looked at as a careful colleague would before it costs anyone an hour. For ``rnnctl check``.

Pure functions from a `Dataset` (and the columns of its file) to `rnnctl.data_findings`. On large data they look at a
sample, spread evenly over the training rows.
"""
