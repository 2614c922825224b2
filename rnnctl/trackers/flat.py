"""A config as flat parameters, the way trackers of experiments show and compare them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_SPEAKABLE = re.compile(r"[\w.\- ]+", re.ASCII)


def flat(config: Mapping[str, Any]) -> dict[str, str]:
    """Flattens a config.

    Args:
        config: As ``model_dump(mode="json")`` gives it.

    Returns:
        Values as text by dotted path (``model.layers.0.units``). A list of plain values, and a mapping with keys that
        not every tracker takes (columns of the user's data), is one value, as JSON.
    """
    return dict(_flat("", config))


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value and all(_SPEAKABLE.fullmatch(str(key)) for key in value):
        for key, inner in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for place, inner in enumerate(value):
            yield from _flat(f"{path}.{place}", inner)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
