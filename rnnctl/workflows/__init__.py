"""One module per thing a user does; the public Python API."""
