"""What can be predicted in a table, and from which columns."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rnnctl.errors import DataError
from rnnctl.schema.column_names import parts_of
from rnnctl.starter.column_guess import ColumnGuess, left_out
from rnnctl.starter.column_uses import remarks_on, why_left_out
from rnnctl.starter.label_guess import could_label, few_codes, labels, other_way, target_kind
from rnnctl.starter.merged_cells import FILL_DOWN
from rnnctl.starter.remarks import DOUBTFUL, Remark, quoted
from rnnctl.starter.roles import Roles, guess_roles, hints_at, in_blocks, still_in_training
from rnnctl.starter.rows_ahead import RowsAhead, find_rows_ahead
from rnnctl.starter.series_guess import check_of_series, label_of_series, last_constant, of_series
from rnnctl.starter.target_guess import KNOWN_WORDS, is_label, is_useless, likeliest, others_named, why_target
from rnnctl.starter.task_choice import MOST_FEATURES, TEXT_KINDS, Asked, TaskGuess, find_asked
from rnnctl.starter.text_guess import of_text, with_text
from rnnctl.starter.time_columns import with_times, without_clock, without_decimal_years
from rnnctl.starter.totals import notes_on_totals, total_rows, without_running_totals
from rnnctl.starter.wishes import Wishes
from rnnctl.tables.combined_columns import unit_of
from rnnctl.tables.month_names import month_of
from rnnctl.tables.wide_columns import BESIDE, FEWEST_MONTHS
from rnnctl.tasks import FORECAST, NEXT_STEP, PER_SEQUENCE, PER_STEP, Task
from rnnctl.util.format import counted, cut, listed
from rnnctl.util.suggest import named as name_list

FEW_ROWS = 10
"""Rows from which on a column that never changes is no matter of too few."""

_FEWEST_BLOCKS = 5
_PART = re.compile(r"(?i)^(?:[\w ]*[ _])?(?:period|slot|interval|hour|time|minute|quarter|month|week|day|shift)s?$")
MOST_NAMED = 20
"""Most columns named in a message."""


def guess_task(
    columns: Sequence[ColumnGuess],
    wishes: Wishes | None = None,
    *,
    whole: bool = True,
    wide: tuple[str, str] | None = None,
) -> TaskGuess:
    """Chooses what to predict.

    Args:
        columns: The file's columns.
        wishes: What was asked for, which is done as it was asked.
        whole: Whether the columns hold all rows of the file, and so its end.
        wide: What the file has a column for each of, such as ``month``, and the column of their values; None where it
            has a row for each.

    Raises:
        DataError: A name is not that of a column, what was asked for does not go together, or nothing can be predicted.
    """
    wishes, whole_columns = wishes or Wishes(), columns
    columns = with_times(columns, guess_roles(columns, wishes.time, wishes.series).time)
    asked = find_asked(columns, wishes)
    if wishes.time is None and wishes.series is None:
        columns = with_text(columns, asked)
    roles = guess_roles(columns, wishes.time, wishes.series, apart=asked.columns)
    if asked.known or asked.static:
        _refuse_parts(guess_roles(columns, wishes.time, wishes.series), roles, asked)
    columns = without_running_totals(columns, roles, asked.columns)
    columns = without_decimal_years(columns, roles.time, [column.name for column in asked.columns])
    if roles.time is None:
        columns = without_clock(columns, [column.name for column in asked.columns])
    usable = [column for column in columns if not roles.take(column) and column.kind not in ("unusable", "date")]
    still = still_in_training(usable, roles)
    moving = [column for column in usable if column.name not in still or column in asked.columns]
    if not moving:
        raise DataError(_nothing(columns, roles, still))
    moving = [column for column in moving if column in asked.columns or not is_useless(column)] or moving
    ahead = find_rows_ahead(moving, roles) if whole else RowsAhead()
    if wide is not None and wide[0] in BESIDE:
        why = f"a row of the file tells it for all its {wide[0]}s, and so for later ones as well"
        stays = {wide[1], *roles.constant, *(ahead.filled if wide[1] in ahead.empty else ())}
        others = [one.name for one in moving if one.name not in stays and one not in asked.columns]
        columns = left_out(columns, dict.fromkeys(others, why), "--known names it if it is known beforehand")
        moving = [column for column in moving if column.name not in others]
    guess = _with_future(_with_static(_guess(moving, asked, roles, ahead, wide=wide is not None), asked), asked, ahead)
    used = tuple(dict.fromkeys((*guess.features, guess.target)))
    told = other_way(guess.target, guess.kind, guess.task, ordered=guess.roles.time is not None)
    notes = [*_other_targets(guess, asked, moving)]
    notes += total_rows([column for column in whole_columns if column.name in {one.name for one in used}])
    notes += notes_on_totals(used, guess.target, guess.roles)
    doubts = [
        *told,
        *(replace(column.unusable, use=DOUBTFUL) for column in columns if column.option == FILL_DOWN),
        *_unread(columns, guess),
        *_beside_dates(columns, guess.roles),
        *_on_zone(guess.roles.time),
        *guess.roles.doubts,
        *_in_blocks(guess),
        *_like_months(columns, guess.roles),
        *_series_of_parts(guess.roles),
        *_perhaps_known(guess),
        *(Remark("", DOUBTFUL, note) for note in notes),
    ]
    if (unread := _unread_target(columns, guess, asked, moving)) is not None:
        why = f"{cut(unread.name, 40)!r} is likelier, and cannot be read; {guess.reasons['target']}"
        guess = replace(guess, reasons=guess.reasons | {"target": why})
        doubts.insert(0, replace(unread.unusable, use=DOUBTFUL))
    still, reasons = still_in_training(columns, guess.roles), guess.reasons | guess.roles.reasons
    remarks = [*doubts, *remarks_on(columns, guess.uses, still, reasons=reasons)]
    if guess.roles.time is None and guess.text is None:
        remarks.append(Remark("", "time", "no column of times: rows stay in the file's order"))
    return replace(guess, remarks=tuple(remarks))


def _unread_target(
    columns: Sequence[ColumnGuess], guess: TaskGuess, asked: Asked, moving: Sequence[ColumnGuess]
) -> ColumnGuess | None:
    """The column that is likelier to be predicted than the target, but that cannot be read."""
    broken = {column.name: replace(column, kind="number") for column in columns if column.broken}
    if not broken or asked.target is not None or guess.text is not None or guess.task is PER_SEQUENCE:
        return None
    able = [column.name for column in moving if column.kind == "number" and column.name not in guess.roles.constant]
    choice = [broken.get(column.name, column) for column in columns if column.name in (*able, *broken)]
    dated = guess.roles.time is not None and guess.roles.time.kind == "date"
    best, alike = likeliest(choice, dated=dated)
    return next((column for column in (best, *alike) if column.broken), None)


def _unread(columns: Sequence[ColumnGuess], guess: TaskGuess) -> Iterator[Remark]:
    """That times are not read, where nothing else orders the rows."""
    found = next((column for column in columns if column.unread_times), None)
    if found is not None and guess.roles.time is None and guess.text is None:
        yield replace(found.unusable, use=DOUBTFUL)


def _beside_dates(columns: Sequence[ColumnGuess], roles: Roles) -> Iterator[Remark]:
    """That a number orders the rows, and not the dates beside it, of which several are one."""
    if roles.time is None or roles.time.kind == "date":
        return
    for column in columns:
        if column.kind == "date" and not roles.take(column) and column.distinct < column.values.len() - column.missing:
            told = why_left_out(column)
            why = f"{told.reason}, and so the number {cut(roles.time.name, 40)!r} orders the rows"
            yield replace(told, use=DOUBTFUL, reason=why)


def _on_zone(time: ColumnGuess | None) -> Iterator[Remark]:
    """That clocks are changed."""
    if time is not None and time.zone:
        option = "set data.time_zone to the zone of the times if it is another"
        yield Remark(time.name, DOUBTFUL, f"clocks are changed as in {time.zone}", option=option)


def _like_months(columns: Sequence[ColumnGuess], roles: Roles) -> Iterator[Remark]:
    """That twelve columns of numbers beside a year may be its months, in a language that is not known, or twice."""
    names = [column.name for column in columns]
    months = [name for name in names if month_of(name)]
    twice = next((name for name in months if month_of(name) in map(month_of, months[: months.index(name)])), None)
    if twice is not None and len(months) >= FEWEST_MONTHS:
        first = next(name for name in months if month_of(name) == month_of(twice))
        why = f"{quoted([first, twice])} are columns of one month"
        yield Remark("", DOUBTFUL, why, option="take one out of the file, so that each month becomes a row")
    numbers = [place for place, column in enumerate(columns) if column.kind == "number" and not roles.take(column)]
    together = bool(numbers) and numbers[-1] - numbers[0] == len(numbers) - 1
    if roles.time is not None and len(numbers) == 12 and together and unit_of(roles.time.name) == "Y":
        first, last = (repr(cut(names[numbers[place]], 40)) for place in (0, -1))
        why = f"the twelve columns {first} to {last} beside it may be its months"
        option = (
            "if they are, call them 1 to 12 in the file's first line, so that data.wide.columns takes each for a row"
        )
        yield Remark(roles.time.name, DOUBTFUL, why, option=option)


def _series_of_parts(roles: Roles) -> Iterator[Remark]:
    """That what tells series apart is called like a part of a day or a year."""
    series = roles.series
    if series is not None and roles.time is not None and len(parts_of(series.name)) == 1 and _PART.search(series.name):
        option = "if they are parts of the time, write all of it in one column of the file, such as 2024-01-31 13:30"
        yield Remark(series.name, DOUBTFUL, "each of its values is taken for a series of its own", option=option)


def _perhaps_known(guess: TaskGuess) -> Iterator[Remark]:
    """That the future of features, such as holidays, may be known by their names."""
    if not guess.task.windowed or guess.known:
        return
    free = [column for column in guess.features if column is not guess.target and column not in guess.static]
    names = [column.name for column in free if hints_at(KNOWN_WORDS, column.name)]
    option = f"--known {shlex.quote(','.join(names))} if it is known when a forecast is made"
    for name in names:
        yield Remark(name, DOUBTFUL, "the model sees its past alone", option=option)


def _in_blocks(guess: TaskGuess) -> Iterator[Remark]:
    """That a feature may tell series apart, since each of its values stands in one block of rows."""
    if guess.roles.series is not None or guess.roles.time is not None or guess.text is not None:
        return
    for column in guess.features:
        if column is not guess.target and column.repeats and column.distinct >= _FEWEST_BLOCKS and in_blocks(column):
            why = f"each of its {column.distinct:,} values stands in one block of rows, as names of series do"
            option = (
                f"--series {shlex.quote(column.name)} if rows of different values do not follow one another in time"
            )
            yield Remark(column.name, DOUBTFUL, why, option=option)


def _other_targets(guess: TaskGuess, asked: Asked, moving: Sequence[ColumnGuess]) -> Iterator[str]:
    """What else may be meant to be predicted; ``moving`` are the columns that could be."""
    target = repr(cut(guess.target.name, 40))
    others = [column for column in guess.features if column is not guess.target and column.kind == "category"]
    if asked.task or asked.target or guess.task is PER_SEQUENCE or guess.text is not None:
        return
    last, series, time = moving[-1], guess.roles.series, guess.roles.time
    if guess.task is NEXT_STEP and others:
        from_what = repr(cut(others[0].name, 40))
        yield f"{target} is what comes next; --task {PER_STEP.word} tells it from {from_what} of the same row instead"
    elif guess.alike and last.name not in guess.roles.constant and could_label(last, guess.roles):
        yield f"{cut(last.name, 40)!r} may be a label: {_option(PER_STEP, last)} tells it from the others of its row"
    if series is None:
        return
    few = [column for column in guess.static if 2 * column.distinct <= series.distinct]
    if time is not None and time.kind == "date":  # the static columns of a forecast by dates are mostly attributes
        few = [column for column in few if not guess.task.windowed and could_label(column, guess.roles)]
    else:
        few = [column for column in few if few_codes(column)]
        few += [column for column in guess.static if column is last and column.distinct > 2]
    for column in few[:1]:
        name, of = repr(cut(column.name, 40)), repr(cut(series.name, 40))
        yield f"{name} is the same in all rows of each {of}; {_option(PER_SEQUENCE, column)} tells it from the others"


def _option(task: Task, target: ColumnGuess) -> str:
    return f"--task {task.word} --target {shlex.quote(target.name)}"


def _guess(moving: Sequence[ColumnGuess], asked: Asked, roles: Roles, ahead: RowsAhead, *, wide: bool) -> TaskGuess:
    chosen = asked.target
    no_text = [column for column in moving if column.kind not in TEXT_KINDS]
    text = next((column for column in moving if column.kind in TEXT_KINDS), None)
    labelled = chosen is None or chosen is text or bool(labels(moving, roles))
    all_of_text = text is not None and (not no_text or (roles.series is None and labelled))
    if text is not None and all_of_text and asked.task in (None, NEXT_STEP, PER_SEQUENCE):
        return of_text(no_text, text, asked, roles)
    if roles.split is not None and roles.split.name not in roles.constant:  # not of whole series: split by time instead
        roles = replace(roles, split=None)
    moving = no_text or moving
    if asked.task is PER_SEQUENCE or asked.task is None:
        label = label_of_series(moving, chosen, roles, wide=wide)
        if asked.task is PER_SEQUENCE:
            check_of_series(moving, asked, roles)
            label = chosen or label or last_constant(moving, roles)
        if label is not None:
            return of_series(moving, label, roles, given=chosen is not None)
    return _of_rows(moving, asked, roles, ahead)


def _of_rows(moving: Sequence[ColumnGuess], asked: Asked, roles: Roles, ahead: RowsAhead) -> TaskGuess:
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
        raise DataError(
            f"--task {task.word}: no other column is left to tell {target.name!r} from; add one, or use --task "
            f"{NEXT_STEP.word}"
        )
    first = sorted(others, key=lambda column: column not in asked.columns)[:MOST_FEATURES]
    seen = [column for column in others if column in first]
    seen = seen if task.labels else [target, *seen][: max(1, MOST_FEATURES)]
    static = [column for column in moving if column.name in roles.constant and column is not target]
    static = static[: MOST_FEATURES - len(seen)] if roles.series is not None else []
    reasons = {"task": why, "target": why_chosen}
    return TaskGuess(task, target, kind, (*seen, *static), tuple(static), roles, reasons, alike=alike)


def _refuse_parts(without: Roles, roles: Roles, asked: Asked) -> None:
    """Raises where a feature that was asked for is needed to tell series apart, and no time would be left without it.

    Args:
        without: The roles where nothing is asked for.
    """
    parts = () if without.series is None else parts_of(without.series.name)
    both = [repr(column.name) for column in (*asked.known, *asked.static) if column.name in parts]
    lost = without.time is not None and roles.time is None
    if both and (lost or (asked.static and roles.series is None)):
        options = [key for key, found in {"--known": asked.known, "--static": asked.static}.items() if found]
        raise DataError(
            f"{listed(options, 'and')}: {listed(both, 'and')} {'is' if len(both) == 1 else 'are'} among what tells "
            f"series apart (--series {shlex.quote(','.join(parts))}), and a column has one use; leave "
            f"{listed(both, 'and')} out, or name other series with --series"
        )


def _with_static(guess: TaskGuess, asked: Asked) -> TaskGuess:
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
                f"{constant or 'none'}; name one of those, or leave --static out"
            )
    seen = tuple(column for column in guess.features if column not in guess.static and column not in asked.static)
    return replace(guess, features=(*seen, *asked.static), static=asked.static)


def _with_future(guess: TaskGuess, asked: Asked, ahead: RowsAhead) -> TaskGuess:
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
    varying: Sequence[ColumnGuess], asked: Asked, roles: Roles, ahead: RowsAhead
) -> tuple[ColumnGuess, tuple[ColumnGuess, ...], str]:
    """The column to predict at each row, those that are as likely, and why."""
    if asked.target is not None:
        return asked.target, (), "given with --target"
    free = [column for column in varying if column not in asked.columns]
    if varying and not free:
        names = quoted([column.name for column in varying])
        raise DataError(
            f"--known names every column that changes, so none is left to predict; leave one of {names} out"
        )
    if not free:
        within = "" if roles.series is None else f" within the series of {roles.series.name!r}"
        raise DataError(
            f"no column changes from row to row{within}, so there is nothing to predict; name other series with "
            "--series"
        )
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
        orders = roles.time is not None and column.name in parts_of(roles.time.name)
        use = "orders the rows" if orders else "tells series apart or names the splits"
        why = f"it {use}: {column.why}" if roles.take(column) else why_left_out(column, still).text
        whys.append(f"\n  column {cut(column.name, 40)!r}: {why}")
    if len(columns) > MOST_NAMED:
        whys.append(f"\n  and {counted(len(columns) - MOST_NAMED, 'more column')}")
    height = columns[0].values.len()
    few = f"; {counted(height, 'row')} {'is' if height == 1 else 'are'} few: add some" if height < FEW_ROWS else ""
    return f"no column can be predicted: none holds numbers, words or categories that change{few}{''.join(whys)}"
