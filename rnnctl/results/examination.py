"""All of it together: what ``--json`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rnnctl.results.data_health import DataFindings
from rnnctl.results.gradients import NoiseFindings, SelfCheck, VariableFindings
from rnnctl.results.layers import LayerFindings, Series
from rnnctl.results.verdicts import Trial, Verdict

SCHEMA_VERSION = 1
"""Counts the changes of the keys."""


@dataclass(frozen=True, slots=True)
class Examination:
    """All that ``inspect-gradients`` found.

    Attributes:
        name: Name of the config.
        state: What was examined, in words: ``at initialization``, ``after 20 steps``, ``run first-step-1``.
        model: The recurrent layers in words.
        loss: Mean loss over the sequences examined.
        gradient_norm: L2 norm over all weights, before clipping.
        clipped_norm: The same after clipping.
        verdict: The overall word: the gravest of ``verdicts``.
        verdicts: All that hold, the gravest first.
        layers: From input to output.
        variables: In the model's order.
        data: The data examined.
        noise: None where there are too few sequences.
        self_check: The gradients against finite differences.
        history: By state path, the norms through time of each step taken before the examination, ``[steps][time]``.
        trials: What was tried; empty without ``--try``.
        recommendation: One sentence on the trials; None without.
        seconds: Seconds that the examination took.
        sequences: Sequences that the gradients were taken over.
        time_steps: Time steps of the longest of them.
        dtype: ``float32``, as training has it, or ``float64``.
        truncated: Time steps after which training cuts backpropagation (``training.truncate``), so that no gradient
            comes back further; None where it reaches through whole sequences.
        schema_version: Version of these keys.
    """

    name: str
    state: str
    model: str
    loss: float
    gradient_norm: float
    clipped_norm: float
    verdict: str
    verdicts: tuple[Verdict, ...]
    layers: tuple[LayerFindings, ...]
    variables: tuple[VariableFindings, ...]
    data: DataFindings
    noise: NoiseFindings | None
    self_check: SelfCheck | None
    history: Mapping[str, tuple[Series, ...]] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()
    recommendation: str | None = None
    seconds: float = 0.0
    sequences: int = 0
    time_steps: int = 0
    dtype: str = "float32"
    truncated: int | None = None
    schema_version: int = SCHEMA_VERSION
