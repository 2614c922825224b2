"""A config's data examined without training, and what training would take. Imports no framework.

The public functions are `check`, from a config to a `DataReport`, and `sum_up`, which looks no closer than training.
"""

from __future__ import annotations

import os
from dataclasses import replace

from rnnctl.config.schema import Config
from rnnctl.data_check.column_checks import column_facts
from rnnctl.data_check.report import examine
from rnnctl.model.describe import describe_cells, describe_optimizer
from rnnctl.model.footprint import training_bytes
from rnnctl.results.data_check import ColumnFacts, CostFacts, DataReport, Finding
from rnnctl.training.build import Built, prepare
from rnnctl.training.parts import step_operations
from rnnctl.util.format import counted
from rnnctl.util.memory import available_bytes, in_words

OPERATIONS_A_SECOND = 2.5e10
"""What one core does of them in a compiled step; measured on SimpleRNN of 64 and 128 units: 17 to 35 thousand million
a second."""

SECONDS_A_TIME_STEP = 5e-6
"""What a time step of a layer costs besides."""


def check(config: Config, path: str = "") -> DataReport:
    """Examines a config's data.

    Args:
        config: The config.
        path: The file that it is from, for the report.

    Returns:
        The report.

    Raises:
        DataError: The data cannot be used as the config asks.
        ConfigError: The model does not fit the data.
    """
    columns: list[ColumnFacts] = []
    built = prepare(config, inspect=lambda table: columns.extend(column_facts(table.data, table.frame)))
    cost, padding, parts = training_cost(built), built.schedule.padding, summary_parts(built)
    return _with_memory(examine(path, built.config, built.dataset, tuple(columns), cost, padding, parts))


def sum_up(config: Config) -> tuple[list[str], tuple[str, ...]]:
    """What a config trains, in a few words each, and what was done to its data; nothing is examined.

    Args:
        config: The config.

    Raises:
        DataError: The data cannot be used as the config asks.
        ConfigError: The model does not fit the data.
    """
    prepared = prepare(config)
    return summary_parts(prepared), prepared.dataset.notes


def training_cost(built: Built) -> CostFacts:
    """What training takes in memory, steps and, roughly, time."""
    config, dataset, schedule = built.config, built.dataset, built.schedule
    train, signature = dataset.train, dataset.signature
    tables = {id(array): array.nbytes for array in (train.values, train.targets)}
    held = sum(tables.values()) + (0 if dataset.levels is None else dataset.levels.nbytes)
    average = float(train.lengths.mean())
    operations = step_operations(config, signature.features, round(average), schedule.batch_size)
    operations += head_operations(config, signature.outputs, round(average), schedule.batch_size)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    layers = sum(2 if layer.bidirectional else 1 for layer in config.model.layers)
    seconds = operations / (OPERATIONS_A_SECOND * cores) + SECONDS_A_TIME_STEP * layers * average
    needed = training_bytes(config, signature, schedule.backward_length, len(schedule.sequences))
    return CostFacts(held, needed, schedule.total_steps, operations, schedule.total_steps * seconds, cores)


def head_operations(config: Config, outputs: int, time_steps: int, batch_size: int) -> float:
    """Floating-point operations of the head in one training step: its product, and two more on the way back.

    Args:
        config: The config.
        outputs: Outputs of the head.
        time_steps: Time steps of a sequence.
        batch_size: Sequences in a batch.
    """
    last = config.model.layers[-1]
    width = last.units * (2 if last.bidirectional else 1)
    times = time_steps if config.model.return_sequences else 1
    return 6.0 * width * outputs * times * batch_size if config.model.head == "dense" else 0.0


def _with_memory(report: DataReport) -> DataReport:
    needed, available = report.cost.data_bytes + report.cost.step_bytes, available_bytes()
    if available is None or needed <= available:
        return report
    told = f"training needs at least {in_words(needed)} of memory, and {in_words(available)} are available here"
    finding = Finding("warning", "memory", f"{told}; lower the layers' units or training.batch_size")
    return replace(report, findings=(finding, *report.findings))


def summary_parts(built: Built) -> list[str]:
    """What a good config trains, in a few words each."""
    config, dataset = built.config, built.dataset
    train, signature = dataset.train, dataset.signature
    parts = [] if config.name in ("", "run") else [config.name]
    parts += [describe_cells(config), config.loss.kind, describe_optimizer(config.optimizer)]
    for name in ("rows", "series"):
        found = dataset.facts.get(name)
        if isinstance(found, int):
            parts.append(counted(found, name.removesuffix("s") if name == "rows" else name, name))
    sizes = " + ".join(f"{len(split):,} {name}" for name, split in dataset.splits.items())
    parts.append(f"{sizes} sequences" if "+" in sizes else counted(len(train), "sequence"))
    most = "" if train.uniform else "up to "
    parts.append(f"{most}{counted(train.length, 'time step')} × {counted(signature.features, 'feature')}")
    parts.append(counted(signature.outputs, "output"))
    parts.append(counted(built.schedule.total_steps, "step"))
    return parts
