"""Differences between two configs, and between the environments of two runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MISSING = "nothing"

ENVIRONMENT = (
    "versions",
    "python",
    "platform",
    "cpu",
    "variables",
    "device",
    "batches_from",
    "parts_of_a_batch",
    "loops_only",
    "xla",
    "deterministic",
    "data",
)
"""Fields of ``environment.json`` on which the bits of a run may depend."""


@dataclass(frozen=True)
class Change:
    """A key (``optimizer.learning_rate``) whose value differs between two mappings."""

    key: str
    then: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.key} was {self.then} and is {self.now}"


def changed_keys(then: Any, now: Any, path: str = "") -> Iterator[Change]:
    """Every key at which two nested mappings differ; lists of the same length are compared item by item.

    The value of a key that one of them lacks is ``nothing``.

    Args:
        path: Where the two stand.
    """
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*then, *now)):
            inner = then.get(key, _MISSING), now.get(key, _MISSING)
            yield from changed_keys(*inner, f"{path}.{key}" if path else str(key))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for place, inner in enumerate(zip(then, now, strict=True)):
            yield from changed_keys(*inner, f"{path}.{place}")
    elif then != now:
        yield Change(path, then, now)


def environment_differences(then: Mapping[str, Any], now: Mapping[str, Any], *more: str) -> tuple[str, ...]:
    """Differences between two environments in fields on which the bits of a run may depend.

    Args:
        then: The content of ``environment.json`` of a run.
        now: The same of another run, or of this process.
        more: Further fields to compare.

    Returns:
        Texts such as ``versions.numpy was 2.1.0 and is 2.2.0``.
    """
    return tuple(
        str(change)
        for field in (*ENVIRONMENT, *more)
        if field in then
        for change in changed_keys(then[field], now.get(field, _MISSING), field)
    )
