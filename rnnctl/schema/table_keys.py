"""The keys that the ``data`` sections of all tables share."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from rnnctl.schema.base import PositiveInt, Section, WordOf
from rnnctl.schema.column_kinds import TEXTS, TOKENS, BooleanColumn, Column, NumberColumn, Parts, TimeForm
from rnnctl.schema.column_names import Names, OneOrMore, matches
from rnnctl.schema.data import DataPath, DataSection, TargetKind
from rnnctl.schema.number_form import NumberForm
from rnnctl.schema.opening import PART, opening_of
from rnnctl.schema.split import Split
from rnnctl.schema.zone import Zone
from rnnctl.tasks import TASKS, Task
from rnnctl.transforms import TRANSFORMS, Transform
from rnnctl.util.format import listed

EVERY = re.compile(r"auto|1b|[1-9]\d{0,8}(y|q|mo|w|d|h|m|s|ms|us)|[1-9]\d{0,17}i")
"""A distance in time as Polars writes it; ``b`` is business days, ``i`` counts whole numbers."""
_LONGEST = 1000
"""Years of the longest distance."""
_MOST = {unit: _LONGEST * a_year for unit, a_year in {"y": 1, "q": 4, "mo": 12, "w": 52, "d": 365, "h": 8760}.items()}


def _is_a_distance(text: str) -> str:
    found = EVERY.fullmatch(text)
    if found is None:
        raise ValueError(
            "is no distance in time; write auto, or a number and a unit, such as 1d, 1b (business days), 15m, 1mo or "
            "1i (whole numbers)"
        )
    if found[1] and found[1] in _MOST and int(text.removesuffix(found[1])) > _MOST[found[1]]:
        raise ValueError(f"is longer than {_LONGEST} years; write a shorter distance")
    return text


def _up_to(most: int) -> str:
    """A pattern of the whole numbers from 1 to one of two digits at least."""
    digits = str(most)
    shorter = [f"[1-9][0-9]{{0,{len(digits) - 2}}}"]
    for place, digit in enumerate(digits):
        lowest = int(place == 0)
        if int(digit) > lowest:
            rest = f"[0-9]{{{len(digits) - place - 1}}}"
            shorter.append(f"{digits[:place]}[{lowest}-{int(digit) - 1}]{rest}")
    return f"(?:{'|'.join([*shorter, digits])})"


_BOUNDED = "|".join(f"{_up_to(most)}{unit}" for unit, most in _MOST.items())
_ALLOWED = f"^(?:auto|1b|{_BOUNDED}|[1-9][0-9]{{0,8}}(?:m|s|ms|us)|[1-9][0-9]{{0,17}}i)$"
Distance = Annotated[str, AfterValidator(_is_a_distance), Field(json_schema_extra={"pattern": _ALLOWED})]
"""A distance in time, or ``auto``."""


Mark = Annotated[str, Field(min_length=1)] | int | float
Marks = Annotated[tuple[Mark, ...], Field(strict=False, json_schema_extra={"uniqueItems": True})]
"""Cells that stand for missing values."""


_NOTE = (
    r"^(?:\([^()]{1,20}\)|\[[^\[\]]{1,20}\]|[A-Za-z0-9]{1,2}[)/]|"
    r"[^\s\d.,;:+()\[\]\"'\u2019\u2212\u2013-][^\s\d,;:+()\[\]\"'\u2019\u2212\u2013-]{0,9})$"
)


def _is_a_note(text: str) -> str:
    if re.fullmatch(_NOTE, text) is None:
        raise ValueError(
            f"{text!r} is no mark of a footnote; write what stands beside some numbers, such as '*', p, '(e)' or '1)', "
            "which is neither a digit nor a sign"
        )
    return text


Note = Annotated[str, AfterValidator(_is_a_note), Field(json_schema_extra={"pattern": _NOTE})]
Notes = Annotated[tuple[Note, ...], Field(strict=False, json_schema_extra={"uniqueItems": True})]
"""Marks of footnotes."""


def _are_of_a_week(parts: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if isinstance(parts, str) and parts in ("auto", "all"):
        return parts
    parts = (parts,) if isinstance(parts, str) else parts
    if not parts:
        raise ValueError("holds nothing; write auto, all, or parts of a week, such as Mon-Fri 09:00-17:00")
    for part in parts:
        opening_of(part)
    return parts


_Part = Annotated[str, Field(json_schema_extra={"pattern": f"^{PART}$"})]
_Parts = Annotated[tuple[_Part, ...], Field(strict=False, min_length=1)]
_OnePart = Annotated[str, Field(json_schema_extra={"pattern": f"^(?:auto|all|{PART})$"})]
Openings = Annotated[_OnePart | _Parts, AfterValidator(_are_of_a_week)]
"""``auto``, ``all``, or parts of a week."""


_MOST_ROWS, _MOST_HARMONICS = 100_000, 20
_Rows = Annotated[int, Field(ge=1, le=_MOST_ROWS)]
_SeasonRows = Annotated[int, Field(ge=2, le=_MOST_ROWS)]
_Several = Field(strict=False, json_schema_extra={"uniqueItems": True})


def _in_a_list(value: Any) -> Any:
    return [value] if isinstance(value, int) and not isinstance(value, bool) else value


def _rises(rows: tuple[int, ...]) -> tuple[int, ...]:
    if list(rows) != sorted(set(rows)):
        raise ValueError("must rise, and repeat nothing; write the smallest first")
    return rows


_ListOfSeasons = Annotated[tuple[_SeasonRows, ...], _Several, AfterValidator(_rises)]
Season = Annotated[_ListOfSeasons, BeforeValidator(_in_a_list, json_schema_input_type=_SeasonRows | _ListOfSeasons)]
"""Rows of one season or several, the shortest first."""
_ListOfLags = Annotated[tuple[_Rows, ...], _Several, AfterValidator(_rises)]
Lags = Annotated[_ListOfLags, BeforeValidator(_in_a_list, json_schema_input_type=_Rows | _ListOfLags)]
"""Numbers of rows before another one, the smallest first."""


class Window(Section):
    """How sequences are cut from a series."""

    length: PositiveInt
    """Time steps the model sees."""
    horizon: PositiveInt = 1
    """Time steps ahead that are predicted: the next 1, 2, … horizon values."""
    stride: PositiveInt = 1
    """Rows from one window's start to the next one's."""


class Wide(Section):
    """Columns that each hold the values of one time, such as one for each month; each value becomes a row."""

    columns: Names | None = None
    """Which columns, or a pattern such as ``20*``; null takes those called like months, quarters, weeks, hours, years
    or dates."""
    names: str
    """Name of the column that the columns' names are in then, such as ``month``."""
    values: str
    """Name of the column that their values are in then, such as ``sales``."""
    ragged: bool = False
    """Whether empty cells before the first and after the last value of a row are no rows: series are of different
    lengths, or months have fewer than 31 days."""


class TableKeys(DataSection):
    """The keys of a table: rows in time order, series after series."""

    path: DataPath
    """The file, relative to the config file; or a folder, or a pattern such as ``parts/*.csv``, whose files are read in
    the order of their names."""
    time: Annotated[str, OneOrMore()] | None = None
    """Column that orders the rows, or a list such as ``[date, hour]`` of columns that together are the time; the file's
    own order where it is null."""
    time_format: TimeForm | None = None
    """How ``time`` is written, as for strptime (``%d/%m/%Y %H:%M``; ``%q`` is a quarter, ``%Q`` a half of the year,
    ``%G`` and ``%V`` the year of a week and its number, ``%K`` an hour up to 24, ``%Y/%2N`` is 1999/00), a list of
    forms for a list of columns (``["%Y", "%q"]``), ``number``, or ``epoch_s``, ``epoch_ms``, ``epoch_us`` or
    ``epoch_ns`` for seconds, milli-, micro- or nanoseconds since 1970, or ``excel_days`` as spreadsheets count days
    (45292 is 2024-01-01); null reads what the column itself tells: ISO
    8601, and other forms in which no cell can be read in two ways."""
    time_zone: Zone | None = None
    """Zone of ``time``, such as ``Europe/Berlin``: an hour that stands twice where clocks are put back is told apart by
    the order of the rows, and one that is left out is no gap; null takes times as they stand."""
    series: Annotated[str, OneOrMore()] | None = None
    """Column that tells series (sequences) apart, or a list such as ``[store, item]`` whose combination does; one
    series where it is null."""
    wide: Wide | None = None
    """Says that the file has a column for each time: ``{names: month, values: sales}`` with ``time: [year, month]``;
    null where each time has a row."""
    task: Annotated[str, WordOf(TASKS, "What is predicted")] = "forecast"
    target: Names
    """Columns to predict. Numbers, yes or no, or one column of tokens; see ``columns``. A pattern such as ``p*`` stands
    for all columns of the file that match it, but for times and those that tell series and splits apart."""
    features: Names | None = None
    """Columns the model sees; the targets where it is null (for ``per_sequence`` and ``per_step`` it must be given). A
    pattern such as ``p*`` stands for all columns of the file that match it, in their order, but for targets, times, and
    those that tell series and splits apart; one that is in ``target`` too, or that matches targets alone, for those."""
    columns: dict[str, Column] = Field(default_factory=dict)
    """What the columns hold, by name, where that is not a number: ``{colour: category, review: {kind: words}}``.
    A pattern stands for the features and targets that match it and are not named themselves."""
    known: Names | None = None
    """Features whose future is known (a holiday, a planned price): for a forecast the model sees them ``horizon`` rows
    ahead as well. A pattern stands for the features that match it."""
    static: Names | None = None
    """Features that are the same in all rows of a series: they give the first layer its initial state. A pattern stands
    for the features that match it."""
    calendar: Parts | None = None
    """Parts of the ``time`` column that the model sees too, such as ``[month, weekday]``."""
    harmonics: Annotated[int, Field(ge=1, le=_MOST_HARMONICS)] = 1
    """Waves of each part of ``calendar`` (and season, with ``season_phase``): its sine and cosine alone, or those of
    half its period too, of a third, … A season of any shape is a sum of such waves (Fourier)."""
    window: Window | None = None
    """How sequences are cut from a series; needed for a forecast. Elsewhere a series is one sequence where it is
    null."""
    split: Split = Split(validation=0.15, test=0.15)
    """How much is held out for validation and test: rows at the end of each series for a forecast or a single series,
    else whole series, the last ones first."""
    season: Season = ()
    """Rows of a season, such as 12 for months of a year, or a list such as ``[48, 336]``: for the seasonal naive
    forecast, and MASE. An empty list looks for one in the training rows."""
    season_phase: bool = False
    """Whether the model sees where in each ``season`` a row stands, as ``calendar`` shows it of dates: sine and cosine
    of its place modulo the season. Rows are counted by their times where these are evenly apart; else, as in a file
    without times, from the first row of each series."""
    transform: Annotated[str, WordOf(TRANSFORMS, "What of the targets' values is learnt")] = "none"
    difference: Annotated[int, Field(ge=0, le=_MOST_ROWS)] = 0
    """The model sees and predicts changes of numbers over so many rows (of what ``transform`` gives of targets): 1 for
    series with a trend (ARIMA's d), a season such as 12 for seasonal ones (its D), 0 for the values themselves."""
    lags: Lags = ()
    """Rows before each row that is forecast, such as ``[12]``: the model sees the targets' values there (changes, with
    difference) beside the newest ones."""
    scale: Literal["standard", "minmax", "robust", "none"] = "standard"
    """How numbers (their changes, with difference) are scaled; the statistics come from the training split alone."""
    scale_by: Literal["all", "series", "window"] = "all"
    """``series``: each series by statistics of its own training rows, so that large and small ones weigh alike in the
    loss; one without such rows, or that never changes in them, by those of all. ``window``: what the model sees and
    predicts of the targets besides by mean and standard deviation of each window's own input rows (a tenth of
    ``scale`` at least), where level and spread drift (Kim et al. 2022). Forecasts are scaled back likewise."""
    missing: Literal["error", "drop", "forward", "interpolate", "mask"] = "error"
    """What a missing value does: stop with its rows; drop every window or sequence that holds one; repeat the last
    value seen; draw a straight line between the numbers around it (within a split only, and not for ``next_step``); or
    be shown as 0 beside a column that says which were there. An empty text can be dropped alone: nothing stands in
    for it."""
    frequency: Distance | None = None
    """Time from one row to the next, such as ``1d``, ``1b`` (business days), ``15m``, ``1mo`` (``1i`` for whole
    numbers): rows that are missing are put in, their values missing. Months keep to the day that the file shows, such
    as the last one. ``auto`` takes each series' usual difference; null looks at the order alone."""
    open: Openings = "auto"
    """What rows lie in of each week, both ends inside, such as ``[Mon-Fri 09:00-17:00, Sat]``: other times are no
    gaps, and nothing is forecast for them. ``auto`` finds what the file's rows skip every week; ``all`` skips
    nothing."""
    missing_marks: Marks = ()
    """Cells that stand for a missing value, besides empty ones and words such as NA, where a column holds no words:
    texts and numbers, such as ``["-", n/a, -999]``. A number stands for all cells of that value."""
    footnote_marks: Notes = ()
    """Marks of footnotes and flags that may stand beside a number, such as ``["*", p, "(e)", "1)"]``: they are taken
    off, and the number stays as it is. A cell that holds a mark alone is missing."""
    cache: Literal["auto", "always", "never"] = "auto"
    """Whether the file is converted once to a binary copy that later runs map into memory; ``auto`` does so where
    the file is large."""

    @property
    def task_entry(self) -> Task:
        """The task."""
        return TASKS[self.task]

    @property
    def windowed(self) -> Window:
        """The window of a forecast."""
        if self.window is None:
            raise ValueError(f"a {self.task} has no window")
        return self.window

    @property
    def transform_entry(self) -> Transform:
        """The transform of the targets."""
        return TRANSFORMS[self.transform]

    @property
    def scaled_by_series(self) -> bool:
        """Whether each series has a scale of its own."""
        return self.scale_by != "all" and self.series is not None

    @property
    def seasons_seen(self) -> tuple[int, ...]:
        """The seasons whose phase the model sees."""
        return self.season if self.season_phase else ()

    @property
    def rows_before(self) -> int:
        """Rows of a series before the first one at which all inputs are known."""
        return self.difference + max(self.lags, default=1) - 1

    @property
    def why_before(self) -> str:
        """The keys that make `rows_before`, for messages."""
        return listed([f"data.{name}" for name in ("difference", "lags") if getattr(self, name)], "and")

    @property
    def patterned(self) -> bool:
        """Whether a name may be a pattern, so that the file must tell which columns there are."""
        lists = (self.target, self.features, self.known, self.static, self.columns)
        return any("*" in name for names in lists for name in names or ())

    @property
    def seen(self) -> tuple[str, ...]:
        """The columns that the model sees at each time step or as its initial state, static ones last."""
        static = self.static or ()
        features = self.features if self.features is not None else self.target
        return (*(name for name in features if name not in static), *static)

    def column(self, name: str) -> Column:
        """What a column holds: as ``columns`` says of its name, else of the first pattern that it matches."""
        if (found := self.columns.get(name)) is not None:
            return found
        for key, column in self.columns.items():
            # One that is a feature or target by that very name is a column, or stands for those of that pattern.
            if "*" in key and matches(key, name) and key not in self.target and key not in (self.features or ()):
                return column
        return NumberColumn(kind="number")

    def number_form(self, name: str) -> NumberForm:
        """How the numbers of a column are written where they are text."""
        column = self.column(name)
        unit = (column.unit or "") if isinstance(column, NumberColumn) else ""
        return NumberForm(unit=unit, notes=self.footnote_marks)

    @property
    def text(self) -> str | None:
        """The column of text whose cells are the sequences; None where rows are time steps."""
        return next((name for name in (*self.seen, *self.target) if isinstance(self.column(name), TEXTS)), None)

    @property
    def target_kind(self) -> TargetKind:
        """What the targets are."""
        first = self.column(self.target[0])
        if isinstance(first, TOKENS):
            return "category"
        return "boolean" if isinstance(first, BooleanColumn) else "number"
