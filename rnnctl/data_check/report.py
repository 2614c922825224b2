"""All checks of one dataset together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset
from rnnctl.data_check.class_checks import (
    class_facts,
    examine_classes,
    examine_vocabularies,
    vocabulary_facts,
)
from rnnctl.data_check.column_checks import examine_columns, examine_missing
from rnnctl.data_check.leak_checks import examine_leaks
from rnnctl.data_check.left_out import examine_left_out
from rnnctl.data_check.scale_checks import examine_scales
from rnnctl.data_check.split_checks import MOST_HASHED, examine_lengths, examine_lone, examine_splits, split_facts
from rnnctl.data_check.split_rows import MOST_ROWS
from rnnctl.data_check.time_checks import examine_times
from rnnctl.results.data_check import ColumnFacts, CostFacts, DataReport, Finding
from rnnctl.util.format import counted

ORDER = ("fault", "warning", "fact")


def by_level(finding: Finding) -> int:
    """The place of a finding among others: faults stand first."""
    return ORDER.index(finding.level)


def examine(
    path: str,
    config: Config,
    dataset: Dataset,
    columns: tuple[ColumnFacts, ...],
    cost: CostFacts,
    padding: float,
    summary: Sequence[str],
) -> DataReport:
    """Checks a dataset.

    Args:
        path: The config file.
        columns: Facts of its file's columns; none without a file.
        cost: Memory and time of training.
        padding: Share of the time steps of training batches that are padding.
        summary: Parts of the one-line summary.
    """
    lengths, found = examine_lengths(dataset, padding)
    classes, vocabularies = class_facts(dataset), vocabulary_facts(dataset)
    times, gaps = examine_times(config.data.table, dataset.order)
    if config.data.file is not None:
        found += [*examine_splits(dataset), *gaps, *examine_missing(columns)]
        found += _of_file(config, dataset)
        found += [*examine_vocabularies(vocabularies), *examine_classes(dataset, classes, config)]
        found += [*examine_lone(dataset, config.data), *_of_table(config, dataset)]
    rows = len(dataset.train.values)
    return DataReport(
        path=path,
        name=config.name,
        summary=tuple(summary),
        rows=rows,
        series=max(1, len(dataset.order.names)),
        splits=split_facts(dataset),
        lengths=lengths,
        cost=cost,
        columns=columns,
        times=times,
        classes=classes,
        vocabularies=vocabularies,
        sampled_rows=MOST_ROWS if config.data.table is not None and rows > MOST_ROWS else None,
        findings=tuple(sorted(found, key=by_level)),
    )


def _of_file(config: Config, dataset: Dataset) -> list[Finding]:
    """What is left out; and the notes of loading, of which those of short series are warnings."""
    table = config.data.table
    found = examine_left_out(table, dataset, per_step=config.model.return_sequences)
    if table is None:  # the notes of a text are of unknown tokens
        return found
    return found + [
        Finding("warning" if "series too short" in note else "fact", "note", note.removeprefix(f"{table.path}: "))
        for note in dataset.notes
    ]


def _of_table(config: Config, dataset: Dataset) -> Iterator[Finding]:
    """What the columns of a table show, and how many of its rows were looked at."""
    table, rows = config.data.table, len(dataset.train.values)
    if table is None:
        return
    yield from examine_columns(dataset, large=config.gradients.thresholds.large, scale=table.scale)
    yield from examine_scales(table, dataset)
    yield from examine_leaks(table, dataset)
    if rows > MOST_ROWS:
        text = f"of {counted(rows, 'row')} an even sample of {MOST_ROWS:,} training rows was compared"
        text += ", and sequences of different splits were not" if dataset.train.values.size > MOST_HASHED else ""
        yield Finding("fact", "note", text)
