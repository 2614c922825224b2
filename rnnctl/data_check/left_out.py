"""What missing values cost: sequences that are left out, and series without any for the test."""

from __future__ import annotations

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.missing_values import MOST_DROPPED, ways_to_keep
from rnnctl.data.sequence_checks import SPLIT_NAMES
from rnnctl.results.data_check import Finding
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted, listed, percent


def examine_left_out(data: TableData | None, dataset: Dataset, *, per_step: bool) -> list[Finding]:
    """The share of each split's sequences that is left out, and what keeps them.

    Args:
        per_step: Whether a forecast is made at each row.
    """
    lost = {name: out for name, out in dataset.left_out.items() if out.sequences}
    if data is not None and "test" in lost and lost["test"].sequences == _to_come(data, dataset):
        del lost["test"]
    if data is None or not lost:
        return []
    what = "window" if data.window else "sequence"
    every = {name: counted(out.all_sequences, f"{SPLIT_NAMES[name]} {what}") for name, out in lost.items()}
    shares = [f"{percent(out.sequences, out.all_sequences)} of the {every[name]}" for name, out in lost.items()]
    text = f"missing values cost {listed(shares, 'and')}"
    if "test" in lost and dataset.test is not None and len(dataset.order.names) > 1 and data.task_entry.windowed:
        none = len(dataset.order) - len(np.unique(dataset.order.series_of(dataset.test.starts)))
        text += f"; {none:,} of {len(dataset.order):,} series have no test {what}" if none else ""
    if all(out.sequences <= MOST_DROPPED * out.all_sequences for out in lost.values()):
        return [Finding("warning", "missing values", text)]
    untargeted = all(out.sequences == out.untargeted for out in lost.values())
    ways = [] if untargeted else ways_to_keep(data, per_step=per_step)
    told = f"data.missing: {listed(ways, 'or')} keeps those of which inputs are missing, or fill" if ways else "fill"
    return [Finding("warning", "missing values", f"{text}: {told} the values in")]


def _to_come(data: TableData, dataset: Dataset) -> int:
    """Windows of rows at the ends of series that have no target in the file: the ones that a forecast is wanted for."""
    if dataset.absent is None or data.window is None or data.window.stride != 1:
        return 0
    there = np.any(~dataset.absent, axis=1)
    begin, rows = dataset.order.begin, np.arange(len(there))
    last = np.maximum.reduceat(np.where(there, rows, -1), begin)
    ends = dataset.order.end - 1 - np.maximum(last, begin - 1)
    return int(np.maximum(0, ends - data.window.horizon + 1)[ends < dataset.order.end - begin].sum())
