"""What a dataset is: its splits, what its columns mean, and how numbers and words were brought to the model's form.

NumPy only. `Preparation` is what was learnt from the training rows; a run folder keeps it, so that other data can be
brought to the same form later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Floats, Sequences
from rnnctl.tasks import PER_SEQUENCE, Task

if TYPE_CHECKING:
    from rnnctl.data.row_order import Order

UNKNOWN = "<unknown>"
"""The token that stands for all that are not in a vocabulary; the first of every vocabulary."""


@dataclass(frozen=True, slots=True)
class InputColumn:
    """One column of `Sequences.values`, and how the model is shown it.

    Attributes:
        name: The column's name, such as ``sunspots``, ``month (sine)``, ``price (2 ahead)``.
        tokens: Of a column of codes (whole numbers as float32), the vocabulary that they count in; empty of numbers.
        embedding: Size of the learnt vector of a token; None shows it one-hot. Of no meaning for numbers.
        static: Whether it gives the first layer its initial state, rather than being seen at each time step; then it
            is read at a sequence's first time step.
        source: Name of the column of the file that it was made of; columns of one ``source`` and the same ``tokens``
            share an embedding.
    """

    name: str
    tokens: tuple[str, ...] = ()
    embedding: int | None = None
    static: bool = False
    source: str = ""

    @property
    def width(self) -> int:
        """Numbers that the model sees of it."""
        return (self.embedding or len(self.tokens)) if self.tokens else 1


@dataclass(frozen=True, slots=True)
class Signature:
    """What goes into a model, and what comes out.

    Attributes:
        inputs: The columns ``[batch, time, columns]`` that it is given.
        outputs: Values that it gives for each sequence, or at each time step.
        time_steps: Time steps of every sequence; None where they differ, and it is given a mask ``[batch, time]`` too.
        activation: What stands on the head: ``linear`` for numbers, ``sigmoid`` for yes or no, ``softmax`` for tokens.
    """

    inputs: tuple[InputColumn, ...]
    outputs: int
    time_steps: int | None
    activation: Literal["linear", "sigmoid", "softmax"] = "linear"

    @classmethod
    def of_numbers(cls, features: int, outputs: int, time_steps: int | None) -> Signature:
        """The signature of data that is nothing but numbers.

        Args:
            features: Columns at each time step.
            outputs: Values that the model gives.
            time_steps: As the attribute.
        """
        return cls(number_inputs(tuple(f"input_{place}" for place in range(features))), outputs, time_steps)

    @property
    def masked(self) -> bool:
        """Whether sequences differ in length."""
        return self.time_steps is None

    @property
    def features(self) -> int:
        """Numbers that the first recurrent layer sees at each time step, embeddings and one-hot codes laid out."""
        return sum(column.width for column in self.inputs if not column.static)

    @property
    def plain(self) -> bool:
        """Whether the first recurrent layer is shown the columns as they are."""
        return not any(column.tokens or column.static for column in self.inputs)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What was learnt from the training rows alone.

    Attributes:
        scales: Center and scale of each column of numbers, by name, in the data's own units.
        vocabularies: Tokens of each column of tokens, by name, `UNKNOWN` first.
        frequency: Time from row to row, where one was given or found.
        masked: Columns of numbers beside which the model sees where there is one (``data.missing: mask``).
    """

    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    vocabularies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    frequency: str | None = None
    masked: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain values for a JSON file."""
        return {
            "scales": {name: list(pair) for name, pair in self.scales.items()},
            "vocabularies": {name: list(tokens) for name, tokens in self.vocabularies.items()},
            "frequency": self.frequency,
            "masked": list(self.masked),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Preparation:
        """From what `to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: It is not of that form.
        """
        scales = {str(name): (float(pair[0]), float(pair[1])) for name, pair in plain["scales"].items()}
        tokens = {str(name): tuple(map(str, words)) for name, words in plain["vocabularies"].items()}
        frequency = plain["frequency"]
        return cls(
            scales, tokens, None if frequency is None else str(frequency), tuple(map(str, plain.get("masked", ())))
        )


@dataclass(frozen=True, slots=True)
class Scaler:
    """Column-wise ``(x − center) / scale``.

    Attributes:
        center: ``[columns]``, float64, in the data's own units.
        scale: ``[columns]``, float64, in the data's own units; never zero.
    """

    center: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]

    def transform(self, values: npt.NDArray[np.float64]) -> Floats:
        """Scales ``values [rows, columns]``."""
        return ((values - self.center) / self.scale).astype(np.float32)

    def inverse(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Brings scaled ``values [..., columns]`` back to the data's own units, in float64."""
        return np.asarray(values, dtype=np.float64) * self.scale + self.center


@dataclass(frozen=True, eq=False)
class Dataset:
    """All that training needs to know of the data.

    Attributes:
        train: The training split.
        validation: The validation split; None where there is none.
        test: The test split; None where there is none.
        inputs: What the columns of ``values`` are.
        target_names: Names of the columns of ``targets``.
        target_kind: What they hold: ``number``, ``boolean`` (0 and 1), or ``category`` (codes into ``classes``).
        classes: The vocabulary of a target of tokens, `UNKNOWN` first; empty otherwise.
        task: The config's task; ``per_sequence`` or ``per_step`` where data is generated.
        target_scaler: How targets were scaled; None where they were not.
        levels: ``[rows, targets]``, float64, in the data's own units: the target columns themselves, where ``values``
            and ``targets`` hold their changes from one row to the next; NaN where missing. None where they hold the
            columns. A forecast in own units is the level at the last row seen plus the sum of the changes after it.
        filled: ``[rows]``, whether a target was missing in the file and was filled in: it is learnt from, and no truth
            to score by. None where none was.
        forecast: Whether the targets are the future of ``targets`` rows themselves, so that the last value seen is a
            (naive) forecast.
        fingerprints: SHA-256 of each file read, by its path.
        preparation: What was learnt from the training rows; None of made-up data.
        order: Where the rows come from: series, times, rows of the file; None of made-up data.
        facts: What is worth telling of the data, such as ``{"rows": 309, "series": 1}``.
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
    levels: npt.NDArray[np.float64] | None = None
    filled: npt.NDArray[np.bool_] | None = None
    forecast: bool = False
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    preparation: Preparation | None = None
    order: Order | None = None
    facts: Mapping[str, int | float | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of ``values``."""
        return tuple(column.name for column in self.inputs)

    @property
    def splits(self) -> dict[str, Sequences]:
        """The splits that there are, by name."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in named.items() if split is not None}

    @property
    def signature(self) -> Signature:
        """What a model for this data is given, and what it must give."""
        lengths = {split.length for split in self.splits.values() if split.uniform}
        uniform = all(split.uniform for split in self.splits.values()) and len(lengths) == 1
        return Signature(
            self.inputs,
            len(self.classes) if self.target_kind == "category" else self.train.outputs,
            self.train.length if uniform else None,
            ACTIVATION_OF[self.target_kind],
        )


ACTIVATION_OF: dict[str, Literal["linear", "sigmoid", "softmax"]] = {
    "number": "linear",
    "boolean": "sigmoid",
    "category": "softmax",
}
"""What stands on the head for targets of a kind."""


def number_inputs(names: tuple[str, ...]) -> tuple[InputColumn, ...]:
    """Columns of plain numbers."""
    return tuple(InputColumn(name, source=name) for name in names)
