"""Checks of the program on a config or run: ``forward``, ``smoke`` and ``verify``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SMOKE_CHECKS = {
    "loads": "the config and its data can be used",
    "forward": "the forward pass agrees with plain NumPy in float64",
    "finite": "losses and gradients are finite",
    "gradient": "every weight gets gradient",
    "same bits": "built and trained again, every bit is the same",
    "resumes": "stopped, written to disk, read and resumed, every bit is the same",
    "verdict": "the gradients' verdict is the declared one (gradients.expect), or not non-finite or bad data",
}
"""The checks of ``rnnctl smoke`` in their order, and what each means."""


@dataclass(frozen=True, slots=True)
class ForwardStep:
    """One time step of the forward pass, computed twice.

    Attributes:
        time_step: 1-based position in the sequence.
        numpy: Output of the plain NumPy pass in float64, ``[outputs]``, of the sequence shown.
        keras: Output of the Keras model, ``[outputs]``.
        difference: Largest absolute difference over the whole batch at this time step.
    """

    time_step: int
    numpy: tuple[float, ...]
    keras: tuple[float, ...]
    difference: float


@dataclass(frozen=True, slots=True)
class ForwardReport:
    """The forward pass through time, in plain NumPy beside Keras.

    Attributes:
        difference: Largest absolute difference over the whole batch and all time steps, the model's own prediction
            included.
        equations: Per layer, by its name, the equations of one time step as lines of text.
        relative_difference: The largest difference over the largest magnitude that the plain NumPy pass gave over the
            whole batch and all time steps; None where all outputs are zero.
    """

    name: str
    steps: tuple[ForwardStep, ...]
    difference: float
    model: str = ""
    equations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relative_difference: float | None = None


@dataclass(frozen=True, slots=True)
class SmokeCheck:
    """One property of one config.

    Attributes:
        traceback: Of what kept the check from being made, most likely a defect of rnnctl; None where it was made.
    """

    name: str
    message: str
    passed: bool = True
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class SmokeReport:
    """All checks of one config.

    Attributes:
        checks: The checks made; where the config does not load, that one alone.
        verdict: What its gradients were found to be; None where it does not load.
        seconds: Wall-clock seconds, TensorFlow's import included in the first.
    """

    path: Path
    checks: tuple[SmokeCheck, ...]
    verdict: str | None
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that came out otherwise.

    Attributes:
        what: Its name, such as ``loss`` or ``gradient norm of recurrent_0/kernel``.
    """

    what: str
    recorded: float
    again: float


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What training a run again gave.

    Attributes:
        run: The folder that was compared; of an ensemble that of the last net, all before it being the same.
        steps: Steps that were compared, those of all nets; training stops at the first that differs.
        step: The first step that differs; None where none does.
        weights: Paths of the final weights that differ; None where they were not compared.
        nets: Nets that were compared.
    """

    run: Path
    steps: int
    step: int | None
    differences: tuple[Difference, ...]
    weights: tuple[str, ...] | None
    environment: tuple[str, ...]
    notes: tuple[str, ...]
    nets: int = 1

    @property
    def same(self) -> bool:
        """Whether every bit that was compared is the same."""
        return self.step is None and not self.weights
