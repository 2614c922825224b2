"""Small helpers that any room may use; each exists once."""
