"""Data files as tables of typed columns."""
