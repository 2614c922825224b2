"""Datasets made by hand: sequences of different lengths, tokens, static columns, every placement of targets."""

from __future__ import annotations

import numpy as np

from rnnctl.config.schema import Config
from rnnctl.data import Dataset, InputColumn, Sequences
from rnnctl.data.row_order import Order
from rnnctl.tasks import NEXT_STEP, PER_SEQUENCE, PER_STEP

WORDS = ("<unknown>", "a", "b", "c", "d")
COLOURS = ("<unknown>", "red", "blue")
CLASSES = ("<unknown>", "one", "two", "three")

COLUMNS = {
    "number": InputColumn("number", source="number"),
    "other": InputColumn("other", source="other"),
    "word": InputColumn("word", WORDS, 3, source="word"),
    "next word": InputColumn("next word", WORDS, 3, source="word"),
    "colour": InputColumn("colour", COLOURS, source="colour"),
    "size": InputColumn("size", static=True, source="size"),
    "kind": InputColumn("kind", COLOURS, static=True, source="kind"),
    "owner": InputColumn("owner", WORDS, 2, static=True, source="owner"),
}
"""Columns of every kind, by name."""

KINDS = {
    "numbers": ("number", "other"),
    "tokens": ("word", "number", "colour", "other", "next word"),
    "statics": ("number", "size", "other", "kind", "owner"),
    "all": ("size", "word", "number", "other", "owner", "colour", "next word", "kind"),
}
"""Mixes of columns, by name."""


def made_dataset(
    lengths=(5, 3, 7, 2, 6, 4, 3, 7, 1, 5),
    columns="numbers",
    target="number",
    placement="each",
    *,
    outputs=2,
    horizon=0,
    validation=0,
    test=0,
    seed=0,
):
    """A dataset whose sequences lie one after the other in the table.

    Args:
        lengths: Time steps of each sequence; the last ones are the validation's and the test's.
        columns: A name in ``KINDS``.
        target: ``number``, ``boolean`` or ``category``.
        placement: See ``Sequences``.
        outputs: Columns of targets that are not codes.
        horizon: See ``Sequences``; every sequence has so many rows more.
        validation: Sequences held out for validation.
        test: Sequences held out for the test.
        seed: Seed of the numbers.
    """
    random = np.random.default_rng(seed)
    inputs = tuple(COLUMNS[name] for name in KINDS[columns])
    lengths = np.asarray(lengths, np.int64)
    sizes = lengths + horizon
    starts = np.cumsum(sizes) - sizes
    values = np.stack([_column(random, column, sizes) for column in inputs], axis=1)
    rows = len(lengths) if placement == "sequence" else len(values)
    width = 1 if target == "category" else outputs
    targets = {
        "number": lambda: random.normal(size=(rows, width)),
        "boolean": lambda: random.integers(0, 2, (rows, width)),
        "category": lambda: random.integers(1, len(CLASSES), (rows, 1)),
    }[target]().astype(np.float32)

    def part(first, count):
        chosen = np.arange(first, first + count)
        target_rows = chosen if placement == "sequence" else None
        return Sequences(values, targets, starts[chosen], lengths[chosen], placement, horizon, target_rows)

    train = len(lengths) - validation - test
    return Dataset(
        train=part(0, train),
        validation=part(train, validation) if validation else None,
        test=part(train + validation, test) if test else None,
        inputs=inputs,
        target_names=tuple(f"target {place}" for place in range(width)),
        target_kind=target,
        classes=CLASSES if target == "category" else (),
        task=(NEXT_STEP if horizon else PER_STEP) if placement == "each" else PER_SEQUENCE,
        order=Order(np.append(starts, len(values))),
    )


def _column(random, column, sizes):
    rows = int(sizes.sum())
    whole = random.integers(0, len(column.tokens), rows) if column.tokens else random.normal(size=rows)
    if column.static:
        whole = np.repeat(whole[: len(sizes)], sizes)
    return whole.astype(np.float32)


def made_config(target="number", placement="each", *, cell="simple_rnn", layers=None, horizon=0, outputs=2, **sections):
    """A config that fits what ``made_dataset`` makes; its file is never read.

    Args:
        target: As in ``made_dataset``.
        placement: As in ``made_dataset``.
        cell: Cell of the one layer of three units, where ``layers`` says nothing.
        layers: The model's layers.
        horizon: As in ``made_dataset``.
        outputs: As in ``made_dataset``.
        sections: Further sections of the config.
    """
    names = ["target 0"] if target == "category" else [f"target {place}" for place in range(outputs)]
    data = {
        "kind": "csv",
        "path": "made.csv",
        "series": "id",
        "task": ("next_step" if horizon else "per_step") if placement == "each" else "per_sequence",
        "features": ["number"],
        "target": names,
        "columns": dict.fromkeys(names, target),
        "split": {},
    }
    return Config.model_validate(
        {
            "name": "made",
            "seed": 3,
            "data": data,
            "model": {"layers": layers or [{"cell": cell, "units": 3}]},
            "optimizer": {"kind": "sgd", "learning_rate": 0.1},
            "training": {"epochs": 3, "batch_size": 4},
            **sections,
        }
    )
