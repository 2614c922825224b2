"""What a bench found: the shape that the workflow, the table and ``--json`` share. Imports no framework."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One contender's speed.

    Attributes:
        key: The contender in one word, the same on every machine: ``ours``, ``ours_weight_norms``, ``ours_no_norms``,
            ``keras_default``, ``keras_best``, ``eager``, ``tf_function``, ``torch``, ``jax``, ``floor``,
            ``products_1``, ``products_2``.
        computes: What each of its steps gives: ``loss``, ``+ weight norms``, ``+ ∂L/∂h_t``.
        settings: How it was run, such as ``jit, unrolled, 64 steps an execution``; empty where there is no choice.
        milliseconds: Median time of an optimizer step; None where it was not timed.
        low: Lower quartile of a step's time, ms.
        high: Upper quartile of a step's time, ms.
        samples: Samples that median and quartiles are over.
        steps: Optimizer steps a sample.
        ratio: Median of this project's loop, all norms on, over this median; below 1 where this project is faster.
        compile_seconds: Seconds until the first step could run: tracing and compilation. None where nothing compiles.
        first_losses: Losses of the first steps from the same initial weights; empty where there are none.
        agrees: Whether those are this project's, to 1e-4 relative; None where there are none.
        remark: Why it was not timed, or what its losses differ by; empty where there is nothing to say.
        flops: Multiplications and additions of a step, of what consists of matrix products alone; None else.
    """

    key: str
    name: str
    computes: str
    settings: str = ""
    milliseconds: float | None = None
    low: float | None = None
    high: float | None = None
    samples: int = 0
    steps: int = 0
    ratio: float | None = None
    compile_seconds: float | None = None
    first_losses: tuple[float, ...] = ()
    agrees: bool | None = None
    remark: str = ""
    flops: int | None = None

    @property
    def gigaflops(self) -> float | None:
        """Its rate, 1e9 multiplications and additions a second."""
        return None if self.flops is None or self.milliseconds is None else self.flops / self.milliseconds / 1e6


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All contenders, timed in one run.

    Attributes:
        batch: Sequences in a batch.
        input_wait: Share of the steps' time that training on all of the data waits for its batches, 0 to 1; None where
            it was not measured.
        batches_from: Where batches are gathered: ``device`` or ``host``; empty where it was not measured.
    """

    name: str
    model: str
    loss: str
    optimizer: str
    batch: int
    time_steps: int
    features: int
    device: str
    cores: int
    versions: dict[str, str]
    seconds: float
    rows: tuple[BenchRow, ...]
    input_wait: float | None = None
    batches_from: str = ""

    @property
    def agrees(self) -> bool:
        """Whether no contender's first losses differ from this project's."""
        return all(row.agrees is not False for row in self.rows)
