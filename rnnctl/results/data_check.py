"""What an examination of data finds: frozen values that console and JSON share.

``rnnctl check --json`` writes a `DataReport` as one object a file, field by field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Level = Literal["fault", "warning", "fact"]
"""``fault``: training would stop at it. ``warning``: it trains, and most likely not as it should. ``fact``: worth
knowing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        topic: What it is about, in one of a few words: ``missing``, ``constant``, ``duplicate``, ``unscaled``,
            ``scale``, ``outlier``, ``shift``, ``classes``, ``overlap``, ``leak``, ``length``, ``padding``, ``times``,
            ``vocabulary``, ``memory``, ``split``, ``sentinel``, ``header``, ``thousands``, ``columns``, ``note``,
            ``config``, ``data``.
    """

    level: Level
    topic: str
    message: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """A split: ``train``, ``validation`` or ``test``.

    Attributes:
        time_steps: Of all sequences together.
        first: Time of the first row that is its own; None without times.
        last: Time of the last one.
    """

    name: str
    sequences: int
    time_steps: int
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class LengthFacts:
    """Time steps of the sequences of all splits.

    Attributes:
        edges: ``[bins + 1]``, edges of the histogram's bins, the last one inclusive.
        counts: ``[bins]``, sequences in each bin.
        padding: Share of the time steps of training batches that are padding.
    """

    shortest: int
    median: float
    longest: int
    edges: tuple[int, ...]
    counts: tuple[int, ...]
    padding: float


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column of the file that is used.

    Attributes:
        low, high, mean, deviation: Of the numbers; None of other columns.
    """

    name: str
    kind: str
    missing: int
    rows: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    deviation: float | None = None
    distinct: int | None = None


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """The column of times.

    Attributes:
        frequency: The usual time from row to row, such as ``1d``, or ``1`` for whole numbers; None where there is none.
        missing: Rows that would fill them, where it passes in whole multiples.
        pattern: What the rows keep to, such as ``business days`` or ``within Mon-Sat``; empty where they skip nothing.
        other_series: Series whose time from row to row is another one.
    """

    column: str
    first: str
    last: str
    frequency: str | None
    even: bool
    gaps: int
    missing: int
    pattern: str = ""
    other_series: int = 0


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """One class of the target."""

    name: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class VocabularyFacts:
    """The vocabulary of a column of words.

    Attributes:
        unknown: Share of the split's tokens that are not in it, by split.
    """

    column: str
    size: int
    unknown: dict[str, float]


@dataclass(frozen=True, slots=True)
class CostFacts:
    """What training takes, roughly.

    Attributes:
        step_bytes: Memory of a training step: weights, their gradients and slots, activations.
        step_operations: Multiplications and additions of one step, forwards and backwards.
        seconds: Time of all steps on this machine's processors; right to a factor of a few.
        compiling: Seconds that compiling the training steps takes before, the first time; no more exact.
    """

    data_bytes: int
    step_bytes: int
    steps: int
    step_operations: float
    seconds: float
    cores: int
    compiling: float


@dataclass(frozen=True, slots=True)
class DataReport:
    """All that was found in the data of one config.

    Attributes:
        classes: Classes of the target, the most frequent first; empty of other targets.
        sampled_rows: How many rows were compared with one another, where the data has more; else None.
    """

    path: str
    name: str
    summary: tuple[str, ...]
    rows: int
    series: int
    splits: tuple[SplitFacts, ...]
    lengths: LengthFacts
    cost: CostFacts
    columns: tuple[ColumnFacts, ...] = ()
    times: TimeFacts | None = None
    classes: tuple[ClassFacts, ...] = ()
    vocabularies: tuple[VocabularyFacts, ...] = ()
    sampled_rows: int | None = None
    findings: tuple[Finding, ...] = field(default=())
