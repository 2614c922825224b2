"""JSON files that hold the SHA-256 of their own content, so that a damaged one is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnctl.util.atomic import replace_file


def write_sealed(path: Path, content: Mapping[str, Any], *, shared: bool = True) -> None:
    """Replaces a file; ``shared`` as in `replace_file`.

    Raises:
        OSError: The disk says no; the file is as it was.
    """
    plain = {"sha256": _sha256(content), "content": content}
    replace_file(path, json.dumps(plain).encode(), durable=False, shared=shared)


def read_sealed(path: Path) -> dict[str, Any]:
    """The content of a file; empty where it cannot be read, or is not as `write_sealed` wrote it."""
    try:
        plain = json.loads(path.read_bytes())
        content = plain["content"]
        return content if isinstance(content, dict) and plain["sha256"] == _sha256(content) else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _sha256(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
