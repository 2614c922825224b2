"""A config's data examined without training, and what training would take. Imports no framework.

The public functions are `check`, from a config to a `DataReport`, and `sum_up`, which looks no closer than training.
"""

from __future__ import annotations

import os
from dataclasses import replace

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset
from rnnctl.data_check.columns import column_facts
from rnnctl.data_check.report import examine
from rnnctl.model.describe import check_outputs, describe_cells, describe_optimizer
from rnnctl.model.footprint import training_bytes
from rnnctl.results.data_check import ColumnFacts, CostFacts, DataReport, Finding
from rnnctl.training.course import horizon, training_plan, training_sequences
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
    config = config.model_copy(update={"data": config.data.with_names()})
    columns: list[ColumnFacts] = []
    dataset = load_dataset(config, inspect=lambda table: columns.extend(column_facts(table.data, table.frame)))
    check_outputs(config, dataset.signature.outputs)
    cost = training_cost(config, dataset)
    padding = training_plan(config, dataset).padding
    report = examine(path, config, dataset, tuple(columns), cost, padding, summary_parts(config, dataset))
    return _with_memory(report)


def sum_up(config: Config) -> tuple[list[str], tuple[str, ...]]:
    """What a config trains, in a few words each, and what was done to its data; nothing is examined.

    Args:
        config: The config.

    Raises:
        DataError: The data cannot be used as the config asks.
        ConfigError: The model does not fit the data.
    """
    dataset = load_dataset(config)
    check_outputs(config, dataset.signature.outputs)
    return summary_parts(config, dataset), dataset.notes


def training_cost(config: Config, dataset: Dataset) -> CostFacts:
    """What training takes in memory, steps and, roughly, time.

    Args:
        config: The config.
        dataset: Its data.
    """
    train, signature = dataset.train, dataset.signature
    tables = {id(array): array.nbytes for array in (train.values, train.targets)}
    held = sum(tables.values()) + (0 if dataset.levels is None else dataset.levels.nbytes)
    plan = training_plan(config, dataset)
    steps = plan.total_steps
    average = float(train.lengths.mean())
    operations = step_operations(config, signature.features, round(average), plan.batch_size)
    operations += head_operations(config, signature.outputs, round(average), plan.batch_size)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    layers = sum(2 if layer.bidirectional else 1 for layer in config.model.layers)
    seconds = operations / (OPERATIONS_A_SECOND * cores) + SECONDS_A_TIME_STEP * layers * average
    longest = horizon(config, dataset) or train.length
    needed = training_bytes(config, signature, longest, len(training_sequences(config, dataset)))
    return CostFacts(held, needed, steps, operations, steps * seconds, cores)


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


def summary_parts(config: Config, dataset: Dataset) -> list[str]:
    """What a good config trains, in a few words each.

    Args:
        config: The config.
        dataset: Its data.
    """
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
    parts.append(counted(training_plan(config, dataset).total_steps, "step"))
    return parts
