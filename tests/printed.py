"""How a test shows something whether it passes or not, whichever process it runs in."""

from __future__ import annotations

PRINTED = "printed at the end"
"""Name of the property in which a test records a text that is shown after all tests."""
