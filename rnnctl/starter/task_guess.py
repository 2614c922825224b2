"""What can be predicted in a table, and from which columns."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from rnnctl.errors import DataError
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.label_guess import TargetKind, could_label, few_codes, has_few, labels, other_way, target_kind
from rnnctl.starter.roles import (
    Roles,
    guess_roles,
    named,
    still_in_training,
)
from rnnctl.starter.rows_ahead import RowsAhead, find_rows_ahead
from rnnctl.starter.target_guess import is_label, is_useless, likeliest, others_named, why_target
from rnnctl.starter.time_columns import with_times
from rnnctl.starter.totals import notes_on_totals, total_rows
from rnnctl.starter.wishes import Wishes
from rnnctl.tasks import FORECAST, NEXT_STEP, PER_SEQUENCE, PER_STEP, TASKS, Task
from rnnctl.util.format import counted, cut
from rnnctl.util.suggest import named as name_list

MOST_FEATURES = 200
"""Most features; a config is read by people."""

MOST_NAMED = 20
"""Most columns named in a message."""

TEXT_KINDS = ("words", "characters")

_FEWEST_WORDS = 3.0
"""Words a cell from which on few different texts may be texts, rather than names of several words."""


@dataclass(frozen=True, slots=True)
class TaskGuess:
    """What is predicted from what.

    Attributes:
        kind: As ``data.columns`` of the target.
        features: The columns that the model sees, static ones last.
        static: Features with one value in all rows of a series.
        reasons: Reasons for ``task`` and ``target``, and for ``known`` and ``horizon`` where there are some.
        left_out: Names of unused columns, each with the reason.
        known: Features whose future is known.
        horizon: Rows ahead of a forecast; None where nothing says how many.
        rows_ahead: Last rows of each series whose targets are still empty.
        alike: Columns that are as likely to be what is to be predicted.
        notes: What a person should look at first.
    """

    task: Task
    target: ColumnGuess
    kind: TargetKind
    features: tuple[ColumnGuess, ...]
    static: tuple[ColumnGuess, ...]
    roles: Roles
    reasons: dict[str, str]
    left_out: tuple[tuple[str, str], ...] = ()
    known: tuple[ColumnGuess, ...] = ()
    horizon: int | None = None
    rows_ahead: int = 0
    alike: tuple[ColumnGuess, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> ColumnGuess | None:
        """The column of text whose cells are the sequences."""
        return next((column for column in (*self.features, self.target) if column.kind in TEXT_KINDS), None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a person asked for, found among the columns."""

    target: ColumnGuess | None
    known: tuple[ColumnGuess, ...]
    static: tuple[ColumnGuess, ...]
    task: Task | None
    horizon: int | None
    series: str | None

    @property
    def columns(self) -> tuple[ColumnGuess, ...]:
        """The target and the features that were asked for."""
        return (*filter(None, (self.target,)), *self.known, *self.static)


def guess_task(columns: Sequence[ColumnGuess], wishes: Wishes | None = None, *, whole: bool = True) -> TaskGuess:
    """Chooses what to predict.

    Args:
        columns: The file's columns.
        wishes: What was asked for, which is done as it was asked.
        whole: Whether the columns hold all rows of the file, and so its end.

    Raises:
        DataError: A name is not that of a column, what was asked for does not go together, or nothing can be predicted.
    """
    wishes, whole_columns = wishes or Wishes(), columns
    columns = with_times(columns, guess_roles(columns, wishes.time, wishes.series).time)
    asked = _asked(columns, wishes)
    if wishes.time is None and wishes.series is None:
        columns = _with_text(columns, asked)
    roles = guess_roles(columns, wishes.time, wishes.series, apart=asked.columns)
    usable = [column for column in columns if not roles.take(column) and column.kind not in ("unusable", "date")]
    still = still_in_training(usable, roles)
    moving = [column for column in usable if column.name not in still or column in asked.columns]
    if not moving:
        raise DataError(_nothing(columns, roles, still))
    moving = [column for column in moving if column in asked.columns or not is_useless(column)] or moving
    ahead = find_rows_ahead(moving, roles) if whole else RowsAhead()
    guess = _with_future(_with_static(_guess(moving, asked, roles, ahead), asked), asked, ahead)
    used = (*guess.features, guess.target)
    left = [column for column in columns if column not in used and not guess.roles.take(column)]
    still = still_in_training(columns, guess.roles)
    told = other_way(guess.target, guess.kind, guess.task, ordered=guess.roles.time is not None)
    notes = [f"{guess.target.name[:40]!r}: {told}"] if told else []
    if told:
        guess = replace(guess, reasons={**guess.reasons, "target": f"{guess.reasons['target']}; {told}"})
    notes += _other_targets(guess, asked)
    shown = {column.name for column in used}
    notes += total_rows([column for column in whole_columns if column.name in shown])
    notes += notes_on_totals(tuple(dict.fromkeys(used)), guess.target, guess.roles)
    reasons = tuple((column.name, _why_not(column, still)) for column in left)
    return replace(guess, left_out=reasons, notes=tuple(notes))


def _with_text(columns: Sequence[ColumnGuess], asked: _Asked) -> Sequence[ColumnGuess]:
    """Few different texts that repeat are texts, not words, where all that stands beside them says what they are."""
    if any(column.kind in (*TEXT_KINDS, "date") for column in columns):
        return columns
    words = {column.name: _words_a_cell(column) for column in columns if column.kind == "category"}
    text = max(words, key=lambda name: words[name], default="")
    others = [column for column in columns if column.name != text and column.kind != "unusable"]
    labelling = [column for column in others if column is asked.target or _tells_of_text(column)]
    if words.get(text, 0.0) < _FEWEST_WORDS or not labelling:
        return columns
    if any(column not in labelling and not is_useless(column) for column in others):
        return columns
    why = f"text of {words[text]:.0f} words a cell"
    return [replace(column, kind="words", why=why) if column.name == text else column for column in columns]


def _words_a_cell(column: ColumnGuess) -> float:
    return float(column.values.drop_nulls().cast(pl.String).str.count_matches(r"\S+").mean() or 0)  # type: ignore[arg-type]


def _tells_of_text(column: ColumnGuess) -> bool:
    """Whether a column beside texts may say what they are."""
    return not is_useless(column) and has_few(column) and (column.kind in ("category", "boolean") or few_codes(column))


def _other_targets(guess: TaskGuess, asked: _Asked) -> Iterator[str]:
    """What else may be meant to be predicted."""
    target = repr(cut(guess.target.name, 40))
    if guess.alike:
        yield f"the target {target} is a guess: {others_named(guess.alike)} as likely; --target names another"
    others = [column for column in guess.features if column is not guess.target and column.kind == "category"]
    if asked.task is not None or guess.task is PER_SEQUENCE:
        return
    if guess.task is NEXT_STEP and guess.text is None and others:
        from_what = repr(cut(others[0].name, 40))
        yield f"{target} is what comes next; --task {PER_STEP.word} tells it from {from_what} of the same row instead"
    series, time = guess.roles.series, guess.roles.time
    if series is None or (time is not None and time.kind == "date"):
        return
    few = [column for column in guess.static if few_codes(column) and 2 * column.distinct <= series.distinct]
    for column in few[:1]:
        name, of = repr(cut(column.name, 40)), repr(cut(series.name, 40))
        options = f"--task {PER_SEQUENCE.word} --target {shlex.quote(column.name)}"
        yield (f"{name} is the same in all rows of each {of}; {options} tells it from the others instead")


def _asked(columns: Sequence[ColumnGuess], wishes: Wishes) -> _Asked:
    """Finds what was asked for, and what does not go together."""

    def features(option: str, names: Sequence[str]) -> tuple[ColumnGuess, ...]:
        return tuple(dict.fromkeys(named(columns, name, option) for name in names))

    target = None if wishes.target is None else named(columns, wishes.target, "--target")
    known, static = features("--known", wishes.known), features("--static", wishes.static)
    task = None if wishes.task is None else TASKS[wishes.task]
    places = {"--time": _names(columns, wishes.time), "--series": _names(columns, wishes.series)}
    places |= {"--target": _names(columns, wishes.target), "--known": wishes.known, "--static": wishes.static}
    options = list(places)
    for place, option in enumerate(options):
        for other in options[:place]:
            if both := next((name for name in places[option] if name in places[other]), None):
                raise DataError(f"{option} and {other} both name {both!r}, and a column has one use; name another one")
    for option, found in {"--target": (target,), "--known": known, "--static": static}.items():
        wrong = next((one for one in found if one is not None and one.kind in ("date", "unusable")), None)
        if wrong is not None:
            use = "predicted" if option == "--target" else "seen by the model"
            raise DataError(f"{option}: {wrong.name!r} cannot be {use}: {wrong.why}; name another column")
    if task is not None and not task.windowed and (wishes.horizon or known):
        options = [option for option in wishes.given() if option in ("--horizon", "--known")]
        raise DataError(f"--task {task.word}: {' and '.join(options)} can be said of a forecast alone; leave one out")
    if task is None and (wishes.horizon or known):
        task = FORECAST
    return _Asked(target, known, static, task, wishes.horizon, wishes.series)


def _names(columns: Sequence[ColumnGuess], option: str | None) -> tuple[str, ...]:
    """The names in an option: one, or several with commas."""
    if option is None or any(column.name == option for column in columns):
        return () if option is None else (option,)
    return tuple(part.strip() for part in option.split(","))


def _guess(moving: Sequence[ColumnGuess], asked: _Asked, roles: Roles, ahead: RowsAhead) -> TaskGuess:
    chosen = asked.target
    no_text = [column for column in moving if column.kind not in TEXT_KINDS]
    text = next((column for column in moving if column.kind in TEXT_KINDS), None)
    labelled = chosen is None or chosen is text or bool(labels(moving, roles))
    of_text = text is not None and (not no_text or (roles.series is None and labelled))
    if text is not None and of_text and asked.task in (None, NEXT_STEP, PER_SEQUENCE):
        return _of_text(no_text, text, asked, roles)
    if roles.split is not None and roles.split.name not in roles.constant:  # not of whole series: split by time instead
        roles = replace(roles, split=None)
    moving = no_text or moving
    if asked.task is PER_SEQUENCE or asked.task is None:
        label = _label_of_series(moving, chosen, roles)
        if asked.task is PER_SEQUENCE:
            _check_of_series(moving, asked, roles)
            label = chosen or label or _last_constant(moving, roles)
        if label is not None:
            return _of_series(moving, label, roles, given=chosen is not None)
    return _of_rows(moving, asked, roles, ahead)


def _of_text(others: Sequence[ColumnGuess], text: ColumnGuess, asked: _Asked, roles: Roles) -> TaskGuess:
    """Each cell of a column of text is a sequence; times and series of rows have no meaning then."""
    chosen = asked.target
    roles = replace(roles, time=None, series=None, constant=frozenset())
    found = labels(others, roles) or [column for column in others if _tells_of_text(column)]
    label = chosen if chosen is not None and chosen is not text else next(iter(found), None)
    if asked.task is PER_SEQUENCE and (label is None or chosen is text):
        raise DataError(
            f"--task {asked.task.word}: no column says what the texts of {text.name!r} are; name it with --target"
        )
    if label is not None and chosen is not text and asked.task is not NEXT_STEP:
        why = "each cell of text is a sequence, and a column says what it is"
        reasons = {"task": why, "target": "given with --target" if chosen else label.why}
        kind = "category" if label in found and not chosen else target_kind(label, roles, asked.task)
        alike = [] if chosen else [one for one in found if one is not label and is_label(one) == is_label(label)]
        return TaskGuess(PER_SEQUENCE, label, kind, (text,), (), roles, reasons, alike=tuple(alike))
    if chosen is not None and chosen is not text:
        raise DataError(
            f"--task {NEXT_STEP.word} goes on with the text of {text.name!r}, and --target is {chosen.name!r}; "
            "leave one of them out"
        )
    numbers = tuple(column for column in others if column.kind in ("number", "boolean"))[:MOST_FEATURES]
    why = f"each cell is a sequence: what comes next in it{', given the numbers beside it' if numbers else ''}"
    reasons = {"task": why, "target": text.why}
    of_words: TargetKind = "words" if text.kind == "words" else "characters"
    return TaskGuess(NEXT_STEP, text, of_words, (text, *numbers), numbers, roles, reasons)


def _check_of_series(moving: Sequence[ColumnGuess], asked: _Asked, roles: Roles) -> None:
    """Raises where there is no label for each whole series."""
    what = f"--task {PER_SEQUENCE.word}"
    if roles.series is None:
        every = name_list(column.name for column in moving if column is not asked.target)
        raise DataError(f"{what} needs a column that tells series apart; name it with --series; there are {every}")
    constant = [column.name for column in moving if column.name in roles.constant]
    if not constant:
        raise DataError(
            f"{what} needs a column that is the same in all rows of a series, and none is in the series of "
            f"{roles.series.name!r}; use --task {PER_STEP.word}, or name other series with --series"
        )
    if asked.target is not None and asked.target.name not in constant:
        raise DataError(
            f"{what}: {asked.target.name!r} changes within the series of {roles.series.name!r}; the columns that do "
            f"not are {name_list(constant)}; name one with --target, or use --task {PER_STEP.word}"
        )


def _last_constant(moving: Sequence[ColumnGuess], roles: Roles) -> ColumnGuess:
    return [column for column in moving if column.name in roles.constant][-1]


def _label_of_series(moving: Sequence[ColumnGuess], chosen: ColumnGuess | None, roles: Roles) -> ColumnGuess | None:
    """The column with one label a series, where that is what the table is for."""
    if chosen is not None or roles.series is None:
        return chosen if chosen is not None and chosen.name in roles.constant else None
    constant = [column for column in moving if column.name in roles.constant]
    dated = roles.time is not None and roles.time.kind == "date"
    likely = [column for column in labels(constant, roles) if 2 * column.distinct <= roles.series.distinct]
    likely += [column for column in constant if column.kind == "number" and is_label(column) and not dated]
    if not likely or len(constant) == len(moving):
        return None
    return likely[0] if is_label(likely[0]) or not dated else None


def _of_series(moving: Sequence[ColumnGuess], label: ColumnGuess, roles: Roles, *, given: bool) -> TaskGuess:
    others = [column for column in moving if column is not label]
    varying = [column for column in others if column.name not in roles.constant][:MOST_FEATURES]
    static = tuple(column for column in others if column.name in roles.constant and column.kind == "number")
    if not varying:
        raise DataError("no column changes within a series, so there is no sequence to learn from; check --series")
    why = "this column is the same in all rows of a series"
    reasons = {"task": why, "target": "given with --target" if given else label.why}
    kind = target_kind(label, roles, PER_SEQUENCE)
    return TaskGuess(PER_SEQUENCE, label, kind, (*varying, *static), static, roles, reasons)


def _of_rows(moving: Sequence[ColumnGuess], asked: _Asked, roles: Roles, ahead: RowsAhead) -> TaskGuess:
    """A forecast of numbers, a label at each row, or what comes next."""
    chosen = asked.target
    varying = [column for column in moving if column.name not in roles.constant]
    target, alike, why_chosen = _row_target(varying, asked, roles, ahead)
    others = [column for column in varying if column is not target]
    kind = target_kind(target, roles, asked.task)
    task: Task
    if asked.task is not None:
        task, why = asked.task, "given with --task"
    elif kind == "number":
        task, why = FORECAST, "there are rows in time order and a number to predict"
    elif others and (chosen is not None or is_label(target)):
        task, why = PER_STEP, "each row has a label, told from the other columns"
    else:
        task, why = NEXT_STEP, "each row holds one word of a sequence: what comes next"
    if task.labels and not others:
        raise DataError(f"--task {task.word}: no other column is left to tell {target.name!r} from")
    first = sorted(others, key=lambda column: column not in asked.columns)[:MOST_FEATURES]
    seen = [column for column in others if column in first]
    seen = seen if task.labels else [target, *seen][: max(1, MOST_FEATURES)]
    static = [column for column in moving if column.name in roles.constant and column is not target]
    static = static[: MOST_FEATURES - len(seen)] if roles.series is not None else []
    reasons = {"task": why, "target": why_chosen}
    return TaskGuess(task, target, kind, (*seen, *static), tuple(static), roles, reasons, alike=alike)


def _with_static(guess: TaskGuess, asked: _Asked) -> TaskGuess:
    """Static features as they were asked for; those that were not are left out."""
    if not asked.static:
        return guess
    series = guess.roles.series
    if series is None:
        raise DataError("--static needs series, and no column tells them apart; name it with --series")
    for column in asked.static:
        if column.name not in guess.roles.constant:
            constant = name_list(sorted(guess.roles.constant - {guess.target.name}))
            raise DataError(
                f"--static: {column.name!r} changes within the series of {series.name!r}; the columns that do not are "
                f"{constant or 'none'}"
            )
    seen = tuple(column for column in guess.features if column not in guess.static and column not in asked.static)
    return replace(guess, features=(*seen, *asked.static), static=asked.static)


def _with_future(guess: TaskGuess, asked: _Asked, ahead: RowsAhead) -> TaskGuess:
    """A forecast with the features whose future is known, and as many rows ahead as there are or were asked for."""
    if not guess.task.windowed:
        return guess
    if asked.horizon is not None and asked.horizon > 1 and guess.kind == "category":
        raise DataError(
            f"--horizon {asked.horizon}: {guess.target.name!r} holds classes ({guess.target.why}), and those are "
            "forecast one row ahead; leave --horizon out, or name a column of numbers with --target"
        )
    reasons, known, horizon, rows = dict(guess.reasons), asked.known, asked.horizon, 0
    if asked.known:
        reasons["known"] = "given with --known"
    if asked.horizon is not None:
        reasons["horizon"] = f"{counted(asked.horizon, 'row')} ahead: given with --horizon"
    if guess.target.name in ahead.empty:
        rows = ahead.rows
        where = f"the last {counted(rows, 'row')}{' of a series' if guess.roles.series is not None else ''}"
        if not known:
            free = [column for column in guess.features if column not in (guess.target, *guess.static)]
            known = tuple(column for column in free if column.name in ahead.filled)
            reasons["known"] = f"filled in {where}, in which {guess.target.name[:40]!r} is empty: their future is known"
        if horizon is None and guess.kind != "category":
            horizon, reasons["horizon"] = rows, f"{rows} ahead: {where} are to be forecast"
    missing = tuple(column for column in known if column not in guess.features)
    static = len(guess.features) - len(guess.static)
    features = (*guess.features[:static], *missing, *guess.features[static:])
    return replace(guess, features=features, known=known, horizon=horizon, rows_ahead=rows, reasons=reasons)


def _row_target(
    varying: Sequence[ColumnGuess], asked: _Asked, roles: Roles, ahead: RowsAhead
) -> tuple[ColumnGuess, tuple[ColumnGuess, ...], str]:
    """The column to predict at each row, those that are as likely, and why."""
    if asked.target is not None:
        return asked.target, (), "given with --target"
    free = [column for column in varying if column not in asked.columns]
    if not free:
        raise DataError("no column changes from row to row, so there is nothing to predict")
    dated = roles.time is not None and roles.time.kind == "date"
    empty = [column for column in free if column.name in ahead.empty]
    if empty and asked.task in (None, FORECAST):
        target, alike = likeliest(empty, dated=dated)
        so = f"; so {others_named(alike)}, and --target names another" if alike else ""
        rows = counted(ahead.rows, "row")
        return target, alike, f"empty in the last {rows}, in which others are filled{so}; {target.why}"
    choice = free
    if asked.task in (PER_STEP, NEXT_STEP):
        choice = [column for column in free if could_label(column, roles)]
        choice = choice or [column for column in free if column.kind != "number"] or free
    elif asked.task is FORECAST:
        choice = [column for column in free if column.kind == "number"] or free
    target, alike = likeliest(choice, dated=dated)
    return target, alike, why_target(target, alike, free)


def _nothing(columns: Sequence[ColumnGuess], roles: Roles, still: frozenset[str]) -> str:
    """The message that no column can be predicted, with the reason of each."""
    whys = []
    for column in columns[:MOST_NAMED]:
        use = "orders the rows" if column is roles.time else "tells series apart or names the splits"
        why = f"it {use}: {column.why}" if roles.take(column) else _why_not(column, still)
        whys.append(f"\n  column {cut(column.name, 40)!r}: {why}")
    if len(columns) > MOST_NAMED:
        whys.append(f"\n  and {counted(len(columns) - MOST_NAMED, 'more column')}")
    return f"no column can be predicted: none holds numbers, words or categories that change{''.join(whys)}"


def _why_not(column: ColumnGuess, still: frozenset[str]) -> str:
    if column.kind == "unusable":
        return column.why
    if column.distinct <= 1:
        return "it never changes"
    if why := is_useless(column):
        return why
    if column.name in still:
        return "it never changes in the rows that come first, which are for training"
    return f"not needed ({column.why})"
