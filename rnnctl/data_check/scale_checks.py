"""Series that hardly vary once all are scaled together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from rnnctl.data.dataset import Dataset
from rnnctl.data.scaling import changes, drowned
from rnnctl.data.sequences import Numbers, covered
from rnnctl.results.data_check import Finding
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted, cut, first_few, short

STEPS = 1_000
"""Steps from one float32 to the next below which a series' standard deviation is resolved too coarsely. A float32 has
24 bits, so around a scaled value z steps are between 6e-8 and 1.2e-7 of \\|z\\|."""

_ROUNDING = 4
"""Steps of a float64 by which changes differ that are alike in decimals."""
_FEWEST = 4
_MOST = 3
_MOST_CELLS = 20_000_000


def examine_scales(data: TableData, dataset: Dataset) -> Iterator[Finding]:
    """Finds columns of numbers in which the training rows of some series hardly vary, scaled as those of all.

    A series that never changes is none of these: it is as still under a scale of its own.
    """
    stretches, preparation = dataset.training_rows, dataset.preparation
    together = data.series is None or len(dataset.order) < 2 or data.scale == "none" or data.scaled_by_series
    if together or stretches is None or preparation is None:
        return
    training = covered(len(dataset.train.values), *stretches)
    sizes = np.diff(dataset.order.bounds)
    series = pl.Series("series", np.repeat(np.arange(len(sizes)), sizes)).filter(pl.Series(training))
    for name in _columns(data, dataset)[: max(1, _MOST_CELLS // max(1, len(series)))]:
        center, size = preparation.scales[name]
        scaled, noise = _scaled(dataset, name, center, size)
        columns = {"value": scaled[training], "noise": noise[training]}
        frame = pl.DataFrame([series, *(pl.Series(key, one, nan_to_null=True) for key, one in columns.items())])
        frame, value = frame.drop_nulls(), pl.col("value")
        found = frame.group_by("series").agg(
            spread=value.std(ddof=0), level=value.mean().abs(), rows=pl.len(), range=value.max() - value.min(),
            noise=pl.col("noise").max(),
        )  # fmt: skip
        found = found.filter((pl.col("rows") >= _FEWEST) & (pl.col("range") > pl.col("noise"))).sort("spread", "series")
        whole = float(frame["value"].to_numpy().std())
        spread = found["spread"].to_numpy()
        steps = spread / np.spacing(found["level"].to_numpy().astype(np.float32)).astype(np.float64)
        small = np.union1d(drowned(spread, whole), np.flatnonzero(steps < STEPS)).tolist()
        if not small:
            continue
        each = [
            f"{cut(repr(dataset.order.names[found['series'][place]]), 40)} by {short(spread[place] / whole, 2)}"
            + (f" ({counted(max(1, round(steps[place])), 'step')} of float32)" if steps[place] < STEPS else "")
            for place in small[:_MOST]
        ]
        what = "changes" if data.difference else "values"
        text = (
            f"column {name!r}: the {what} of {len(small):,} of {counted(len(sizes), 'series', 'series')} hardly vary "
            f"beside those of the others, with which they share one scale: of the standard deviation of all, "
            f"{first_few(each, _MOST, len(small))}; set data.scale_by: series"
        )
        yield Finding("warning", "scale", text, (name,))


def _columns(data: TableData, dataset: Dataset) -> list[str]:
    """Columns of numbers that are scaled and may vary in a series, targets first."""
    targets = () if dataset.own is None or data.task_entry.series_target else dataset.target_names
    inputs = (one.source for one in dataset.inputs if one.name == one.source and not one.static and not one.tokens)
    numbers = (name for name in dict.fromkeys((*targets, *inputs)) if data.column(name).kind == "number")
    return [name for name in numbers if dataset.preparation is not None and name in dataset.preparation.scales]


def _scaled(dataset: Dataset, name: str, center: float, size: float) -> tuple[Numbers, Numbers]:
    """``[rows]``: a column as it is scaled, and how much of that is rounding in the file's own numbers.

    A target is taken without the rounding to a float32; it is NaN where it is missing.
    """
    if dataset.own is None or name not in dataset.target_names:
        values = dataset.train.values[:, dataset.feature_names.index(name)].astype(np.float64)
        return values, np.zeros_like(values)
    place = dataset.target_names.index(name)
    own = dataset.transform.forward(dataset.own[:, place])
    if dataset.absent is not None:
        own = np.where(dataset.absent[:, place], np.nan, own)
    if not dataset.difference:
        return np.asarray((own - center) / size), np.zeros_like(own)
    found = changes(pl.Series(values=own, nan_to_null=True), dataset.order.bounds, dataset.difference).to_numpy()
    return (found - center) / size, _ROUNDING * np.spacing(np.abs(own)) / size
