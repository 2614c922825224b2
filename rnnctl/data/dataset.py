"""A dataset: its splits, the meaning of its columns, and how numbers and words are encoded.

A run folder keeps the `Preparation`, which was learnt from the training rows, to encode other data in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Ints, Sequences
from rnnctl.data.time_grid import Grid
from rnnctl.tasks import PER_SEQUENCE, Task
from rnnctl.transforms import TRANSFORMS, Transform

if TYPE_CHECKING:
    from rnnctl.data.row_order import Order

Activation = Literal["linear", "sigmoid", "softmax"]

UNKNOWN = "<unknown>"
"""The token in place of all that are not in a vocabulary; the first of every vocabulary."""


@dataclass(frozen=True, slots=True)
class InputColumn:
    """One column of `Sequences.values`, and how the model sees it.

    Attributes:
        name: The column's name, such as ``sunspots``, ``month (sine)``, ``price (2 ahead)``.
        tokens: Of a column of codes (whole numbers as float32), the vocabulary that they count in; empty of numbers.
        embedding: Size of the learnt vector of a token; None for a one-hot code. Unused for numbers.
        static: Whether it gives the first layer its initial state, rather than being seen at each time step; then it
            is read at a sequence's first time step.
        source: Name of the column of the file that it was made of; columns of one ``source`` and the same ``tokens``
            share an embedding.
        back: Of a target's earlier values (``data.lags``), how many rows before its own a row holds; None of others.
    """

    name: str
    tokens: tuple[str, ...] = ()
    embedding: int | None = None
    static: bool = False
    source: str = ""
    back: int | None = None

    @property
    def width(self) -> int:
        """Number of features that the model sees."""
        return (self.embedding or len(self.tokens)) if self.tokens else 1


@dataclass(frozen=True, slots=True)
class Signature:
    """Inputs and outputs of a model.

    Attributes:
        inputs: The input columns ``[batch, time, columns]``.
        outputs: Output values of a sequence, or of a time step, of all quantiles together.
        time_steps: Time steps of every sequence; None where they differ, and a mask ``[batch, time]`` is an input too.
        activation: Of the head: ``linear`` for numbers, ``sigmoid`` for yes or no, ``softmax`` for tokens.
        quantiles: Quantiles of each target value, which the model makes ascend: all values of one level after those of
            another.
    """

    inputs: tuple[InputColumn, ...]
    outputs: int
    time_steps: int | None
    activation: Activation = "linear"
    quantiles: int = 1

    @classmethod
    def of_numbers(cls, features: int, outputs: int, time_steps: int | None) -> Signature:
        """The signature of data of ``features`` numbers at each time step."""
        return cls(number_inputs(tuple(f"input_{place}" for place in range(features))), outputs, time_steps)

    @property
    def masked(self) -> bool:
        """Whether sequences differ in length."""
        return self.time_steps is None

    @property
    def features(self) -> int:
        """Features of the first recurrent layer at each time step, embeddings and one-hot codes included."""
        return sum(column.width for column in self.inputs if not column.static)

    @property
    def plain(self) -> bool:
        """Whether the first recurrent layer sees the columns as they are."""
        return not any(column.tokens or column.static for column in self.inputs)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What was learnt from the training rows alone.

    Attributes:
        scales: Center and scale of each column of numbers, by name, in the data's own units.
        vocabularies: Tokens of each column of tokens, by name, `UNKNOWN` first.
        frequency: Time from row to row, where one was given or found.
        masked: Columns of numbers beside which the model sees where there is one (``data.missing: mask``).
        series_scales: Where ``data.scale_by`` asks for them, by column, center and scale of series that have their own.
        grids: Where rows are in time, the grid that most series keep to by the empty name, and those of series with
            another one by theirs; none where most rows keep to none.
        forms: How columns of times and dates are written, by name; see `Table.forms`.
        spellings: No and yes as the file spells them, by the name of a target that holds them.
    """

    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    vocabularies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    frequency: str | None = None
    masked: tuple[str, ...] = ()
    grids: Mapping[str, Grid] = field(default_factory=dict)
    series_scales: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    spellings: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a split is left out because values are missing.

    Attributes:
        sequences: Sequences of which an input is missing, or every target, or (of windows) whose last input row was
            filled in from later ones.
        untargeted: Those of which every target is missing.
        all_sequences: Sequences of the split, those left out included.
        targets: Target values of the other sequences that are masked, counted once for each sequence that has them.
        all_targets: Target values of the other sequences.
    """

    sequences: int
    untargeted: int
    all_sequences: int
    targets: int
    all_targets: int


@dataclass(frozen=True, slots=True)
class Scaler:
    """Column-wise ``(x − center) / scale``.

    Attributes:
        center: ``[columns]``, or of each series ``[series, columns]``, float64, in the data's own units.
        scale: Likewise; never zero.
    """

    center: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]

    @property
    def by_series(self) -> bool:
        """Whether each series has its own."""
        return self.center.ndim == 2

    def forward(self, values: npt.NDArray[np.floating], series: Ints) -> npt.NDArray[np.float64]:
        """Scales ``values [..., columns]`` in the data's own units: the inverse of `inverse`."""
        center, scale = (self.center[series], self.scale[series]) if self.by_series else (self.center, self.scale)
        return np.asarray((values - center) / scale)

    def inverse(self, values: npt.NDArray[np.floating], series: Ints | None = None) -> npt.NDArray[np.float64]:
        """Brings scaled ``values [..., columns]`` back to the data's own units, in float64.

        Args:
            series: ``[...]``, their series; needed where each has its own scale.
        """
        if not self.by_series:
            return np.asarray(values, dtype=np.float64) * self.scale + self.center
        if series is None:
            raise ValueError("each series has a scale of its own; pass the series")
        return np.asarray(values, dtype=np.float64) * self.scale[series] + self.center[series]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Data for training and scoring.

    Attributes:
        target_kind: What they hold: ``number``, ``boolean`` (0 and 1), or ``category`` (codes into ``classes``).
        classes: The vocabulary of a target of tokens, `UNKNOWN` first; empty otherwise.
        task: The config's task; ``per_sequence`` or ``per_step`` where data is generated.
        own: ``[rows, targets]``, float64: the target columns as the file has them (numbers that were missing are filled
            in as asked, or NaN); what is predicted is scored against these. None where targets are no numbers, and of
            generated data, whose ``targets`` are not scaled.
        difference: Rows that the changes are over that ``values`` and ``targets`` hold; 0 where they hold values. A
            forecast in own units is then the last known level a multiple of so many rows before, plus the changes
            since.
        transform: What of the targets' values (or their changes) ``targets`` holds.
        season: Rows of a season, or several, as the config says; empty where it does not.
        training_rows: First rows of the stretches of rows for training, and the rows after their last, whether a
            sequence holds them or not; None of generated data, whose sequences hold all.
        absent: ``[rows, targets]``, whether a target is missing in the file, filled in since or not: it is no truth to
            score by; None where none is.
        left_out: By split, what is left out of it; empty where nothing is missing.
        forecast: Whether the targets are the future of ``targets`` rows themselves, so that the last value seen is a
            (naive) forecast.
        fingerprints: SHA-256 of each file read, by its path.
        preparation: What was learnt from the training rows; None of generated data.
        quantiles: Levels of the quantiles that a model predicts of each target value (``LossBase.levels``).
        order: Series and times of the rows; of generated data each sequence is a series.
        table_rows: ``[rows]``, int64, the row of the table that each row is, −1 of an added one; None of data that a
            model learns from.
        unseen: ``[rows]``, whether an input has no value and nothing stands in for it; None where none is.
        facts: Facts about the data, such as ``{"rows": 309, "series": 1}``.
        notes: What was done to the data that a user may not expect, one sentence each.
    """

    train: Sequences
    validation: Sequences | None
    test: Sequences | None
    inputs: tuple[InputColumn, ...]
    target_names: tuple[str, ...]
    target_kind: Literal["number", "boolean", "category"] = "number"
    classes: tuple[str, ...] = ()
    task: Task = PER_SEQUENCE
    target_scaler: Scaler | None = None
    own: npt.NDArray[np.float64] | None = None
    difference: int = 0
    transform: Transform = TRANSFORMS["none"]
    season: tuple[int, ...] = ()
    training_rows: tuple[Ints, Ints] | None = None
    absent: npt.NDArray[np.bool_] | None = None
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    forecast: bool = False
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    preparation: Preparation | None = None
    quantiles: tuple[float, ...] = ()
    order: Order = field(kw_only=True)
    table_rows: npt.NDArray[np.int64] | None = None
    unseen: npt.NDArray[np.bool_] | None = None
    facts: Mapping[str, int | float | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, or no and yes as the file spells them; empty of numbers."""
        return self.spelling(self.target_names[0]) if self.target_kind == "boolean" else self.classes

    def spelling(self, target: str) -> tuple[str, str]:
        """No and yes as the file spells them in a target."""
        spellings = {} if self.preparation is None else self.preparation.spellings
        return spellings.get(target, ("no", "yes"))

    def with_quantiles(self, levels: tuple[float, ...]) -> Dataset:
        """The same for a model that predicts quantiles of these levels, if any.

        Quantiles of changes do not add up to a quantile of their sum, so that the sums themselves are learnt.
        """
        if not levels or not 0 < self.difference < self.train.horizon:
            return replace(self, quantiles=levels)
        train, validation, test = (
            None if part is None else replace(part, added=self.difference)
            for part in (self.train, self.validation, self.test)
        )
        return replace(self, quantiles=levels, train=train or self.train, validation=validation, test=test)

    @property
    def levels(self) -> npt.NDArray[np.float64] | None:
        """``own``, where changes are predicted: what they are added to."""
        return self.own if self.difference else None

    def level_rows(self, rows: Ints, horizon: int) -> Ints:
        """``[…, horizon]``: the row whose level the change of each row ahead of ``rows […]`` is counted from.

        ŷ_{t+k} is x_{t+k−d·⌈k/d⌉} plus the changes over d rows of t+k, t+k−d, …, as far back as they are forecast.
        """
        return rows[..., None] + np.arange(horizon) % self.difference + 1 - self.difference

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of ``values``."""
        return tuple(column.name for column in self.inputs)

    @property
    def splits(self) -> dict[str, Sequences]:
        """The existing splits, by name."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in named.items() if split is not None}

    @property
    def signature(self) -> Signature:
        """Inputs and outputs of a model for this data."""
        lengths = {split.length if split.uniform else None for split in self.splits.values()}
        quantiles = max(1, len(self.quantiles))
        return Signature(
            self.inputs,
            len(self.classes) if self.target_kind == "category" else quantiles * self.train.outputs,
            lengths.pop() if len(lengths) == 1 else None,
            ACTIVATION_OF[self.target_kind],
            quantiles,
        )


ACTIVATION_OF: dict[str, Activation] = {"number": "linear", "boolean": "sigmoid", "category": "softmax"}
"""The head's activation for targets of a kind."""


def number_inputs(names: tuple[str, ...]) -> tuple[InputColumn, ...]:
    """Columns of plain numbers."""
    return tuple(InputColumn(name, source=name) for name in names)
