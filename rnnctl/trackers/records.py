"""Records and configs in the form that trackers show: named numbers of a sample of the steps, flat parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rnnctl.results.training import StepRecord

_PLAIN_KEY = re.compile(r"[\w.\- ]+", re.ASCII)


def is_sampled(step: int, whole: int) -> bool:
    """Whether a tracker gets a step: each up to ``2 whole``, every second up to ``4 whole``, every fourth, ….

    Of a run of N steps a tracker thus gets about ``whole · (1 + log2(N / whole))``. The rule depends on the step alone,
    so a resumed run is sampled like one that never stopped.

    Args:
        step: From 1.
        whole: At least 1.
    """
    spacing = 1 << max(0, (step // whole).bit_length() - 1)
    return (step - 1) % spacing == 0


def sampling_note(whole: int) -> str:
    """The rule of `is_sampled` as a sentence, shown beside the curves."""
    return (
        f"Of this run's steps all up to {2 * whole:,} are here, every second up to {4 * whole:,}, every fourth up to "
        f"{8 * whole:,}, and so on, and the last; the run folder's steps.jsonl holds them all."
    )


def step_scalars(record: StepRecord) -> dict[str, float]:
    """The numbers of a step, named as in ``--json``.

    Returns:
        ``loss``, ``gradient_norm``, ``clipped_norm``, ``learning_rate``, ``gradient_norms/<weight>``; and the norm of
        the state gradient at the first and last time step, ``state_gradient_norms/<state>/first`` and ``…/last``,
        where the step has those.
    """
    numbers = {name: getattr(record, name) for name in ("loss", "gradient_norm", "clipped_norm", "learning_rate")}
    numbers |= {f"gradient_norms/{path}": norm for path, norm in record.gradient_norms.items()}
    for path, norms in (record.state_gradient_norms or {}).items():
        numbers[f"state_gradient_norms/{path}/first"] = norms[0]
        numbers[f"state_gradient_norms/{path}/last"] = norms[-1]
    return numbers


def flat_parameters(config: Mapping[str, Any]) -> dict[str, str]:
    """Flattens a config, dumped in JSON mode.

    Returns:
        Values as text by dotted path (``model.layers.0.units``). A list of plain values, and a mapping with keys that
        not every tracker takes (columns of the user's data), is one value, as JSON.
    """
    return dict(_flat("", config))


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value and all(_PLAIN_KEY.fullmatch(str(key)) for key in value):
        for key, inner in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for place, inner in enumerate(value):
            yield from _flat(f"{path}.{place}", inner)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
