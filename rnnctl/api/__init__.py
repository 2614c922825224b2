"""The Python API: what notebooks and scripts call, over the same workflows as the commands."""
