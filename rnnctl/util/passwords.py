"""Texts without the passwords that addresses in them hold."""

from __future__ import annotations

import re

_USER = re.compile(r"://(?:[^/\s]*@|[^/@\s:]*:\S*@)")
"""User and password of an address; a password may hold ``/`` and ``@`` where whoever wrote it did not encode them."""

_SECRET = re.compile(r"(?i)([?&][\w-]*(?:password|passwd|pwd|token|secret|key)=)[^&#\s]*")


def without_passwords(text: str) -> str:
    """A text whose addresses hold no user, no password, and no value of a query's ``password``, ``token`` and the like.

    >>> without_passwords("--mlflow=http://me:secret@host/x?token=1")
    '--mlflow=http://host/x?token='
    """
    return _SECRET.sub(r"\1", _USER.sub("://", text))
