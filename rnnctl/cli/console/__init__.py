"""Records as text for a person: pure functions, and the displays that write what they return.

Knows neither files nor mathematics beyond that of a column's width.
"""
