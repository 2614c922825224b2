"""What an examination of data finds: frozen values that console and JSON share. Knows nothing else of the program.

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
        level: How much it matters.
        topic: What it is about, in one of a few words: ``missing``, ``constant``, ``duplicate``, ``unscaled``,
            ``outlier``, ``shift``, ``classes``, ``overlap``, ``leak``, ``length``, ``padding``, ``times``,
            ``vocabulary``, ``memory``, ``split``, ``note``, ``config``, ``data``.
        message: What was found, and what to do, in a sentence.
        columns: The columns that it is about.
    """

    level: Level
    topic: str
    message: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """One split.

    Attributes:
        name: ``train``, ``validation`` or ``test``.
        sequences: How many.
        time_steps: Of all its sequences together.
        first: Time of the first row that is its own; None without times.
        last: Time of the last.
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
        shortest: The fewest.
        median: The middle one.
        longest: The most.
        edges: ``[bins + 1]``, where the bins of the histogram begin and the last one ends (inclusive).
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
        name: Its name.
        kind: What it holds, as ``data.columns`` has it.
        missing: Cells that are missing.
        rows: Cells in all.
        low: The smallest number; None of other columns.
        high: The largest number.
        mean: Their mean.
        deviation: Their standard deviation.
        distinct: Different words; None of numbers.
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
        column: Its name.
        first: The first time of all.
        last: The last.
        frequency: The usual time from row to row, such as ``1d``, or ``1`` for whole numbers; None where there is none.
        even: Whether it is always that.
        gaps: Places at which more time passes.
        missing: Rows that would fill them, where it passes in whole multiples.
    """

    column: str
    first: str
    last: str
    frequency: str | None
    even: bool
    gaps: int
    missing: int


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """One class of the target.

    Attributes:
        name: The class.
        counts: How often it is the target, by split.
    """

    name: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class VocabularyFacts:
    """The vocabulary of a column of words.

    Attributes:
        column: Its name.
        size: Tokens, special ones included.
        unknown: Share of the split's tokens that are not in it, by split.
    """

    column: str
    size: int
    unknown: dict[str, float]


@dataclass(frozen=True, slots=True)
class CostFacts:
    """What training takes, roughly.

    Attributes:
        data_bytes: Memory of the data.
        step_bytes: Memory of a training step: weights, their gradients and slots, activations.
        steps: Optimizer steps in all.
        step_operations: Multiplications and additions of one step, forwards and backwards.
        seconds: Time of all steps on this machine's processors; right to a factor of a few.
        cores: How many processors that is.
    """

    data_bytes: int
    step_bytes: int
    steps: int
    step_operations: float
    seconds: float
    cores: int


@dataclass(frozen=True, slots=True)
class DataReport:
    """All that was found in the data of one config.

    Attributes:
        path: The config file.
        name: The config's name.
        summary: What it trains, in a few words each.
        rows: Rows of the data.
        series: Series, or texts.
        splits: The splits.
        lengths: Time steps of the sequences.
        columns: Columns of the file; empty where data is made up.
        times: Times; None without.
        classes: Classes of the target, the most frequent first; empty of other targets.
        vocabularies: Vocabularies of columns of words.
        cost: What training takes.
        sampled_rows: How many rows were compared with one another, where the data has more; else None.
        findings: What was found, faults first, facts last.
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
