"""Changes of a config in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnctl.config import Config


def label(changes: Mapping[str, Any], config: Config) -> str:
    """Changes as text: ``recurrent_initializer: orthogonal``, ``cell: gru``; of none ``as it is``.

    Args:
        changes: Paths and values.
        config: The config they change; where it has one layer, that layer's place goes without saying.
    """
    single = len(config.model.layers) == 1
    words = []
    for path, value in changes.items():
        if path == "model.layers":
            words.append(f"layers: {', '.join(_as_text(layer) for layer in value)}")
            continue
        # A layer that is replaced whole is so for its cell's sake.
        full = f"{path}.cell" if isinstance(value, Mapping) and "cell" in value else path
        name = full.removeprefix("model.layers.0." if single else "model.layers.")
        words.append(f"{name}: {_as_text(value)}")
    every = {word.partition(".")[2] for word in words}
    if not single and len(words) == len(config.model.layers) and len(every) == 1:
        return f"every {every.pop()}"
    return ", ".join(words) or "as it is"


def _as_text(value: Any) -> str:
    if isinstance(value, Mapping):
        kind = value.get("cell", value.get("kind"))
        rest = [f"{key} {inner:g}" for key, inner in value.items() if isinstance(inner, float) and inner != 1.0]
        return " ".join([str(kind), *rest])
    return f"{value:g}" if isinstance(value, float) else str(value)
