"""All examinations of one dataset together."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset
from rnnctl.data_check.classes import (
    class_facts,
    examine_classes,
    examine_vocabularies,
    vocabulary_facts,
)
from rnnctl.data_check.columns import examine_columns, examine_missing
from rnnctl.data_check.leaks import examine_leaks
from rnnctl.data_check.lengths import examine_lengths
from rnnctl.data_check.rows import MOST_ROWS
from rnnctl.data_check.splits import MOST_HASHED, examine_splits, split_facts
from rnnctl.data_check.times import examine_times
from rnnctl.results.data_check import ColumnFacts, CostFacts, DataReport, Finding, TimeFacts
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted

ORDER = ("fault", "warning", "fact")


def examine(
    path: str,
    config: Config,
    dataset: Dataset,
    columns: tuple[ColumnFacts, ...],
    cost: CostFacts,
    padding: float,
    summary: Sequence[str],
) -> DataReport:
    """Examines a dataset.

    Args:
        path: The config file.
        config: The config.
        dataset: Its data.
        columns: The columns of its file; empty where there is none.
        cost: What training takes.
        padding: Share of the time steps of training batches that are padding.
        summary: What is trained, in a few words each.
    """
    lengths, found = examine_lengths(dataset, padding)
    classes, vocabularies = class_facts(dataset), vocabulary_facts(dataset)
    times, told = _times(config, dataset)
    if config.data.file is not None:
        found += [*examine_splits(dataset), *told, *examine_missing(columns)]
        found += _notes(config.data.table, dataset) if config.data.table is not None else []  # a text's: unknown tokens
        found += [*examine_vocabularies(vocabularies), *examine_classes(dataset, classes)]
    if (table := config.data.table) is not None:
        large = {"large": config.gradients.thresholds.large}
        found += examine_columns(dataset, large, scaled=table.scale != "none")
        found += examine_leaks(dataset)
    rows = len(dataset.train.values)
    sampled = MOST_ROWS if table is not None and rows > MOST_ROWS else None
    found += _sampling(rows, dataset.train.values.size) if sampled else []
    return DataReport(
        path=path,
        name=config.name,
        summary=tuple(summary),
        rows=rows,
        series=1 if dataset.order is None else len(dataset.order.names),
        splits=split_facts(dataset),
        lengths=lengths,
        cost=cost,
        columns=columns,
        times=times,
        classes=classes,
        vocabularies=vocabularies,
        sampled_rows=sampled,
        findings=tuple(sorted(found, key=lambda finding: ORDER.index(finding.level))),
    )


def _times(config: Config, dataset: Dataset) -> tuple[TimeFacts | None, list[Finding]]:
    data = config.data.table
    if data is None or data.time is None or dataset.order is None:
        return None, []
    return examine_times(data.time, dataset.order, regular=data.frequency is not None)


def _notes(data: TableData, dataset: Dataset) -> list[Finding]:
    """What was done to the data while it was read."""
    short = {"series_without_training_window", "series_too_short"} & set(dataset.facts)
    return [
        Finding("warning" if short and "too short" in note else "fact", "note", note.removeprefix(f"{data.path}: "))
        for note in dataset.notes
    ]


def _sampling(rows: int, numbers: int) -> list[Finding]:
    told = f"of {counted(rows, 'row')} an even sample of {MOST_ROWS:,} training rows was compared"
    if numbers > MOST_HASHED:
        told += ", and sequences of different splits were not"
    return [Finding("fact", "note", told)]
