"""Data looked at as a careful colleague would before it costs anyone an hour. For ``rnnctl check``.

Pure functions from a `Dataset` (and the columns of its file) to `rnnctl.results.data_check`. On large data they look at
a sample, spread evenly over the training rows.
"""
