"""Columns of every kind as the float32 arrays that sequences are views of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.calendar import check_parts, phases, season_names, season_phases
from rnnctl.data.dataset import InputColumn, Preparation, Scaler
from rnnctl.data.frequency import by_name
from rnnctl.data.grids import Grids, of_names, season_places
from rnnctl.data.input_columns import PRESENT, leads, planned_inputs
from rnnctl.data.known_features import FILLING
from rnnctl.data.missing_values import Gaps, fill_forward, interpolate
from rnnctl.data.row_order import Rows
from rnnctl.data.scaling import FEWEST, changes, fit_each_series, fit_scale, write_scaled
from rnnctl.data.splits import RowSplits, check_constant
from rnnctl.data.table_arrays import TableArrays, shifted
from rnnctl.data.vocabulary import check_classes, encode, learn_vocabulary
from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import DateColumn
from rnnctl.tables.cells import spelling_of
from rnnctl.tables.csv_blocks import BLOCK_BYTES
from rnnctl.transforms import TRANSFORMS
from rnnctl.util.format import counted, first_few, listed


@dataclass(frozen=True, eq=False, slots=True)
class Encoded:
    """A table's columns, encoded.

    Attributes:
        arrays: Values and targets; NaN where missing.
        scaler: How the targets were scaled; None where they were not.
        classes: Tokens of a target's codes; empty of other targets.
        notes: What was done that a user may not expect, one sentence each.
    """

    arrays: TableArrays
    inputs: tuple[InputColumn, ...]
    scaler: Scaler | None
    classes: tuple[str, ...]
    preparation: Preparation
    gaps: Gaps
    notes: tuple[str, ...] = ()


class Encoder:
    """Encodes a table's columns one by one, releasing each when it is done.

    With ``data.difference: d`` a column of numbers, but for static ones, gives its changes: row t holds x_t − x_{t−d}
    of its series. A change is missing in a series' first d rows, and where either value is. Of targets x is what
    ``data.transform`` makes of the file's values. Whatever is learnt (center and scale, vocabularies) is learnt from
    the training rows alone.

    Args:
        rows: The rows in order; their frame loses its columns.
        known: What was learnt before, where nothing is to be learnt now.
        before: ``[rows]``, whether a row is known when something is first predicted of its series.
    """

    def __init__(
        self,
        rows: Rows,
        splits: RowSplits,
        missing: Mapping[str, pl.Series],
        known: Preparation | None,
        before: npt.NDArray[np.bool_],
    ) -> None:
        self._data = data = rows.data
        self._rows, self._splits, self._missing, self._known = rows, splits, missing, known
        self._training = pl.Series(splits.training())
        self._scales: dict[str, tuple[float, float]] = {}
        self._before = before
        self._series_scales: dict[str, dict[str, tuple[float, float]]] = {}
        self._unseen_scales: dict[str, dict[str, tuple[float, float]]] = {}
        self._vocabularies: dict[str, tuple[str, ...]] = {}
        self._spellings: dict[str, tuple[str, str]] = {} if known is None else {**known.spellings}
        self._gaps = Gaps(sum(int(gap.sum()) for gap in missing.values()))
        lacking = [name for name, gap in missing.items() if (gap & self._training).any()]
        self._inputs = planned_inputs(data, lacking if known is None else known.masked)
        self._places: dict[str, list[int]] = {}
        self._of_calendar = 2 * len(data.calendar or ()) * data.harmonics
        self._phases = self._of_calendar + len(season_names(data.seasons_seen, data.harmonics))
        for place in range(self._phases, len(self._inputs)):
            if self._inputs[place].back is None:
                self._places.setdefault(self._inputs[place].source, []).append(place)
        self._masked = tuple(one.source for one in self._inputs if one.name == f"{one.source}{PRESENT}")
        # Whether the target's classes are a vocabulary of its own, without an unknown token.
        self._own_classes = data.target_kind == "category" and data.task_entry.labels
        shared = data.seen == data.target and len(self._inputs) == len(data.target) and not self._own_classes
        self._arrays = TableArrays(data, rows.order.bounds, len(self._inputs), shared=shared)

    def encode(self) -> Encoded:
        """Encodes all columns.

        Raises:
            DataError: A column has nothing to scale by, a target nothing to learn, or a class that is in no training
                row; a static column changes.
        """
        data = self._data
        constant = dict.fromkeys(data.static or (), "a static feature")
        if data.task_entry.series_target:
            constant |= dict.fromkeys(data.target, "the target of a whole series")
        for name, what in constant.items():
            check_constant(self._rows, name, what)
        if data.calendar is not None and data.time is not None:
            self._arrays.values[:, : self._of_calendar] = self._calendar(data.time, data.calendar)
        if data.seasons_seen:
            places = season_places(self._rows.order.times, self._rows.order.bounds, self._grids())
            phase = season_phases(places, data.seasons_seen, data.harmonics)
            self._arrays.values[:, self._of_calendar : self._phases] = phase
        for name in dict.fromkeys((*data.seen, *data.target)):
            self._column(name)
        scaler = None
        if data.target_kind == "number" and data.scale != "none":
            centers, scales = zip(*map(self._scale_by_series, data.target), strict=True)
            scaler = Scaler(np.stack(centers, axis=-1), np.stack(scales, axis=-1))
        return Encoded(
            self._arrays,
            tuple(replace(one, tokens=self._vocabularies.get(one.source, ())) for one in self._inputs),
            scaler,
            self._vocabularies.get(data.target[0], ()) if data.target_kind == "category" else (),
            Preparation(
                self._scales,
                self._vocabularies,
                self._rows.frequency,
                self._masked,
                by_name(self._rows.grids, self._rows.order),
                self._series_scales,
                {str(name): form for name, form in self._rows.table.forms.items()},
                self._spellings,
            ),
            self._gaps,
            tuple(self._scaled_otherwise()),
        )

    def _grids(self) -> Grids | None:
        """The grids that seasons are counted along: those of the rows that were learnt from, be these others or not."""
        if self._known is None:
            return self._rows.grids
        return of_names(self._known.grids, self._rows.order.names)

    def _scaled_otherwise(self) -> Iterator[str]:
        """Tells of series without training rows, which have no scale that was learnt there."""
        names = self._rows.order.names
        every = counted(len(names), "series", "series")
        for column, scales in self._series_scales.items():
            found = dict[str, list[str]]()
            for name in names if scales else ():
                if name not in scales and (how := self._scale_of_unseen(column, name)):
                    found.setdefault(how, []).append(repr(name))
            for how, series in found.items():
                yield (
                    f"{self._data.path}: column {column!r}: {len(series):,} of {every} had no training "
                    f"rows ({first_few(series, 3)}; data.scale_by: {self._data.scale_by}): {how}"
                )

    def _scale_of_unseen(self, column: str, series: str) -> str:
        """How a series without training rows is scaled; empty for labels where its own rows, all known, tell it."""
        scale, before = self._unseen_scales[column].get(series), "their own rows before the first forecast"
        if scale is None:
            return "scaled as all together; predictions there say little: train on rows of these series"
        if scale[1] == self._scales[column][1]:
            return (
                f"centered by {before} and scaled as all together, since fewer than {FEWEST} values, or values that "
                f"are all alike, tell no spread; give more rows, or train on rows of these series"
            )
        return "" if self._data.task_entry.labels else f"scaled by {before}"

    def _column(self, name: str) -> None:
        column = self._rows.column(name, last=True)
        kind = self._data.column(name)
        at = self._places.get(name, [])
        missing = self._missing.get(name)
        if isinstance(kind, DateColumn):
            if missing is not None:
                self._gaps.add_input(self._data, name, missing.to_numpy())
            self._arrays.values[:, at] = self._calendar(name, kind.parts, column)
        elif kind.kind == "number":
            self._numbers(name, column, at, missing)
        elif kind.kind == "boolean":
            if name in self._data.target and self._known is None:
                cells = next(self._data.open_files(BLOCK_BYTES).text([name]), {})
                self._spellings[name] = spelling_of(cells.get(name, column))
            self._codes(name, column.cast(pl.Float64).to_numpy(), at, missing)
        else:
            self._tokens(name, column, at, missing)

    def _calendar(self, name: str, parts: Any, column: pl.Series | None = None) -> npt.NDArray[np.float64]:
        times = self._rows.order.times if column is None else column
        key = "data.calendar" if column is None else f"data.columns.{name}"
        harmonics = self._data.harmonics if column is None else 1
        return phases(check_parts(times, parts, f"{self._data.path}: column {name!r}", key), parts, harmonics)

    def _numbers(self, name: str, column: pl.Series, places: list[int], missing: pl.Series | None) -> None:
        data = self._data
        if missing is not None:
            column = self._filled(name, column, missing)
        arrays = self._arrays
        arrays.keep_own(name, column)
        if name in data.target:
            column = self._transformed(name, column)
        if data.difference and name not in (data.static or ()):  # static columns are seen as they are
            column = changes(column, self._rows.order.bounds, data.difference)
        self._scales[name] = self._scale(name, column)
        if data.scaled_by_series and name not in (data.static or ()):
            self._series_scales[name] = self._scales_of_series(name, column)
            self._unseen_scales[name] = self._scales_of_unseen(name, column, missing)
        sizes = np.diff(self._rows.order.bounds)
        center, size = self._scale_by_series(name)
        scale = (np.repeat(center, sizes), np.repeat(size, sizes)) if np.ndim(center) else (center, size)
        homes = [(arrays.values, place) for place in places[:1]]
        homes += [] if arrays.shared else [(arrays.targets, place) for place in arrays.target_places(name)]
        for array, place in homes:
            write_scaled(data, name, column, scale, array, place)
        if places[1:]:
            numbers, absent = arrays.values[:, places[0]].copy(), column.is_null().to_numpy()
            self._write_leads(name, places, np.where(absent, 0, numbers) if name in self._masked else numbers, absent)
        if data.lags and name in data.target:
            self._write_lags(name, column.is_null().to_numpy())

    def _transformed(self, name: str, column: pl.Series) -> pl.Series:
        """What ``data.transform`` makes of a target."""
        data, transform = self._data, self._data.transform_entry
        numbers = column.to_numpy()
        if (outside := transform.outside(numbers)).any():
            at = np.flatnonzero(outside)
            ways = [other.word for other in TRANSFORMS.values() if not other.outside(numbers[at]).any()]
            least = "of 0 or more" if transform.closed else "above 0"
            raise DataError(
                f"{data.path}: column {name!r}: {self._rows.lines(at.tolist())}: found {numbers[at[0]]:g}, and "
                f"data.transform: {transform.word} is for values {least}; correct {'it' if len(at) == 1 else 'them'}, "
                f"or set data.transform: {listed(sorted(ways, key='none'.__eq__))}"
            )
        return pl.Series(values=transform.forward(numbers), nan_to_null=True)

    def _write_lags(self, name: str, absent: npt.NDArray[np.bool_]) -> None:
        """Writes earlier values of a target, 0 before a series' beginning, where no window begins, or where missing."""
        arrays, masked = self._arrays, name in self._masked
        scaled = arrays.targets[:, arrays.target_places(name)[0]].copy()
        if masked:
            scaled[absent] = 0
        for place, column in enumerate(self._inputs):
            if column.source == name and column.back is not None:
                arrays.write_back(place, scaled, column.back)
                if not masked:
                    self._gaps.add("features", shifted(absent, column.back))

    def _filled(self, name: str, column: pl.Series, missing: pl.Series) -> pl.Series:
        """Fills missing values in as ``data.missing`` says, and flags the rest."""
        data, flags = self._data, missing.to_numpy()
        known = name in (data.known or ())  # of whose value the row before says nothing
        if data.missing == "forward" and not known:
            column = pl.Series(values=fill_forward(column.to_numpy(), self._rows.order.begin), nan_to_null=True)
        elif data.missing == "interpolate" and not known:
            column = pl.Series(values=interpolate(column.to_numpy(), self._splits.edges()), nan_to_null=True)
            # Of a target that the model does not see, too: the naive forecast beside it repeats the last value.
            self._gaps.add("borrowed", flags & column.is_not_null().to_numpy())
        left = column.is_null().to_numpy()
        levels, changed = left & bool(data.difference), flags
        if data.difference:
            # Rows before a series' first are another's; no window holds those, so their flags are never asked for.
            left = left | shifted(levels, data.difference)
            changed = flags | shifted(flags, data.difference)
        if name not in self._masked:
            self._gaps.add_input(data, name, left)
        self._gaps.add_target(data, name, targets=changed, absent=flags, levels=levels)
        return column

    def _scale(self, name: str, column: pl.Series) -> tuple[float, float]:
        if self._known is not None:
            return self._known.scales[name]
        if len(self._splits.begin) == 1:
            return fit_scale(self._data, name, column.head(int(self._splits.validation[0])))
        return fit_scale(self._data, name, column.filter(self._training))

    def _scales_of_series(self, name: str, column: pl.Series) -> dict[str, tuple[float, float]]:
        """Center and scale of the series that have their own, by name; none of what is one value in each series."""
        if self._known is not None:
            return dict(self._known.series_scales.get(name, {}))
        if self._data.task_entry.series_target and name in self._data.target:
            return {}
        return self._fit_series(name, column, self._training)

    def _scales_of_unseen(
        self, name: str, column: pl.Series, missing: pl.Series | None
    ) -> dict[str, tuple[float, float]]:
        """Center and scale of series without training rows, by name, from values that a forecast there may know.

        Labels are no such values, and what was filled in, perhaps from later rows, is none either.
        """
        data, order, seen = self._data, self._rows.order, self._series_scales[name]
        unseen = np.array([series not in seen for series in order.names])
        if not unseen.any() or (data.task_entry.labels and name in data.target):
            return {}
        known = self._before & np.repeat(unseen, np.diff(order.bounds))
        if missing is not None:
            filled = missing.to_numpy()
            known &= ~filled
            if data.difference:
                known &= ~shifted(filled, data.difference)
        return self._fit_series(name, column, pl.Series(known), FEWEST)

    def _fit_series(self, name: str, column: pl.Series, known: pl.Series, fewest: int = 1) -> dict[str, Any]:
        """Center and scale by series' names; see `fit_each_series`."""
        order = self._rows.order
        series = np.repeat(np.arange(len(order)), np.diff(order.bounds))
        found = fit_each_series(self._data, column, known, series, self._scales[name], fewest=fewest)
        return {order.names[place]: found[place] for place in sorted(found)}

    def _scale_by_series(self, name: str) -> tuple[Any, Any]:
        """Center and scale of a column; ``[series]`` each where series have their own."""
        whole, own = self._scales[name], {**self._series_scales.get(name, {}), **self._unseen_scales.get(name, {})}
        if not own:
            return whole
        centers, scales = zip(*(own.get(series, whole) for series in self._rows.order.names), strict=True)
        return np.array(centers), np.array(scales)

    def _tokens(self, name: str, column: pl.Series, places: list[int], missing: pl.Series | None) -> None:
        data = self._data
        own = name in data.target and self._own_classes
        if self._known is not None:
            tokens = self._known.vocabularies[name]
        else:
            tokens = learn_vocabulary(data, name, column.filter(self._training), own=own)
        self._vocabularies[name] = tokens
        codes = encode(column, tokens, unknown=-1 if own else 0).astype(np.float64)
        if own:
            check_classes(self._rows, name, column, codes, learning=self._known is None)
        if missing is not None:
            codes[missing.to_numpy()] = np.nan
        self._codes(name, codes, places, missing)

    def _codes(self, name: str, codes: npt.NDArray[np.float64], places: list[int], missing: pl.Series | None) -> None:
        """Writes a column of codes (or of 1 for yes and 0 for no), NaN where missing.

        Codes have nothing between them: where numbers are interpolated, the last one seen is repeated. What has none
        before it is an unknown token; yes and no have no such token, and stay missing where no column says so beside
        them. A target is never filled in.
        """
        data = self._data
        self._arrays.write_target(name, codes)
        flags = np.zeros(len(codes), dtype=np.bool_) if missing is None else missing.to_numpy()
        self._gaps.add_target(data, name, targets=flags, absent=flags, levels=np.zeros_like(flags))
        filled = (
            data.missing in ("forward", "interpolate", "mask") and name != data.text
        )  # no text stands in for another
        known = name in (data.known or ()) and data.missing in FILLING
        filled = filled and not known
        if filled and data.missing != "mask":
            codes = fill_forward(codes, self._rows.order.begin)
        left = np.isnan(codes)
        if name in self._masked or data.column(name).kind != "boolean":
            codes = np.where(left, 0, codes)
            left = left & (not filled)
        self._gaps.add_input(data, name, left)
        self._write_leads(name, places, codes, flags)

    def _write_leads(
        self, name: str, places: list[int], numbers: npt.NDArray[np.floating], absent: npt.NDArray[np.bool_]
    ) -> None:
        """Writes a column, as far ahead as it is known; after it, where that is shown, whether it is there."""
        ends = 1 + leads(self._data, name)
        self._arrays.write_leads(places[:ends], numbers)
        self._arrays.write_leads(places[ends:], (~absent).astype(np.float32))
