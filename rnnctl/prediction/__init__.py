"""Rows and tokens that are still to come: what a model is shown of them, and its answers as a table. Learns nothing."""
