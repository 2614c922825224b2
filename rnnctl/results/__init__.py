"""Frozen results, which commands render as text, JSON and HTML, and Python users get as objects."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
