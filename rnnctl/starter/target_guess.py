"""The column that a table is most likely about, those that are as likely, and those that no one predicts."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.errors import DataError
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.roles import LABEL_WORDS, SERIES_WORDS, TIME_WORDS, hints_at
from rnnctl.tables.combined_columns import name_words
from rnnctl.util.format import cut, first_few

VALUE_WORDS = (
    "value values sales sold units demand load consumption usage revenue close passengers visits traffic power energy "
    "production count cnt quantity qty amount flow "
    "wert umsatz absatz verkauf verkäufe menge anzahl stück verbrauch nachfrage ertrag leistung "
    "valeur ventes vente quantité consommation demande valor ventas venta demanda consumo cantidad vendas quantidade "
    "valore vendite domanda consumi waarde verkoop verbruik"
)
"""Words in names of numbers to forecast, in languages of Europe, the likeliest first."""

DRIVER_WORDS = (
    "temperature temp temperatur température temperatura humidity pressure wind rain precipitation rainfall snow cloud "
    "clouds dewpoint dewp luftdruck feuchte regen niederschlag pluie lluvia viento pioggia vento promo promotion "
    "discount holiday"
)
"""Words in names of numbers that are seldom forecast where another number is: weather and calendars drive others."""

KNOWN_WORDS = (
    "holiday holidays promo promotion promotions discount campaign event planned plan scheduled schedule forecast "
    "predicted feiertag ferien aktion férié fête promoción oferta festivo"
)
"""Words in names of columns whose future is often known when a forecast is made."""
_FORECASTS = "forecast predicted prediction planned"

_IDENTIFIERS = "id ids uuid guid zip plz postcode postal ean isbn barcode"
_PERHAPS = f"{SERIES_WORDS} {TIME_WORDS} code status no nr nummer artikelnr"
_FEWEST_COUNTED = 8
_LONG = 6
"""Letters from which on a word counts at the end of a longer one: Stromverbrauch."""
_MOST = 4
_UNNAMED = 1
"""Rank of a name that says nothing, between those that are forecast and those that drive others."""


def is_identifier(column: ColumnGuess) -> bool:
    """Whether a column is an identifier by its name, rather than a measurement or a count."""
    return (column.whole or column.kind != "number") and hints_at(_IDENTIFIERS, column.name) and not is_label(column)


def numbers_rows(column: ColumnGuess) -> bool:
    """Whether whole numbers number the rows: each is there once, and none between the least and the largest is not."""
    if not column.whole or column.missing or not column.distinct == column.values.len() >= _FEWEST_COUNTED:
        return False
    low, high = column.values.min(), column.values.max()
    return bool(high - low == column.distinct - 1)  # type: ignore[operator]


def is_label(column: ColumnGuess) -> bool:
    """Whether a column is called like a label."""
    return hints_at(LABEL_WORDS, column.name)


def is_forecast(name: str) -> bool:
    """Whether a column is called like what people forecast, such as sales."""
    return _rank(name)[0] < _UNNAMED


def is_useless(column: ColumnGuess) -> str:
    """Why a column tells a model nothing of the others; empty where it may."""
    if is_identifier(column):
        return "its name is that of an identifier"
    return "it numbers the rows" if numbers_rows(column) else ""


def likeliest(columns: Sequence[ColumnGuess], *, dated: bool) -> tuple[ColumnGuess, tuple[ColumnGuess, ...]]:
    """The likeliest column to predict, and the others that are as likely.

    Names decide: a label, then what people forecast, then any other number, then what drives others. Of columns that
    are alike, files of dates have the one that matters first, and other tables have it last.

    Raises:
        DataError: All columns are identifiers.
    """
    able = [column for column in columns if not is_identifier(column)]
    if not able:
        raise DataError(
            f"no column can be predicted: {others_named(columns)} left, named like identifiers; name one "
            "with --target, and with --series what tells sequences apart"
        )
    if found := [column for column in able if is_label(column)]:
        return found[-1], tuple(found[:-1])
    numbers = [column for column in able if column.kind == "number"]
    measured = [column for column in numbers if not (column.whole and hints_at(_PERHAPS, column.name))]
    measured = [column for column in measured if not numbers_rows(column)] or measured
    choice = [column for column in measured if 2 * column.missing <= column.values.len()] or measured or numbers or able
    ranks = [_rank(column.name) for column in choice]
    tier, place = min(ranks)
    alike = [column for column, rank in zip(choice, ranks, strict=True) if rank[0] == tier]
    named = [column for column, rank in zip(choice, ranks, strict=True) if rank == (tier, place)]
    best = named[-1 if tier == _UNNAMED and not (dated and named[0].kind == "number") else 0]
    return best, tuple(column for column in alike if column is not best)


def why_target(target: ColumnGuess, alike: Sequence[ColumnGuess], columns: Sequence[ColumnGuess]) -> str:
    """Why a column was chosen, and how another one is.

    Args:
        target: The choice.
        alike: Columns that are as likely.
        columns: All that there was to choose from.
    """
    if alike:
        several = ", and a list predicts several" if target.kind == "number" else ""
        return f"a guess: {others_named(alike)} as likely; --target names another{several}; {target.why}"
    if others := [repr(cut(one.name, 40)) for one in columns if one.kind == target.kind and one is not target]:
        return f"taken for its name; --target names another: {first_few(others, _MOST)}; {target.why}"
    return f"the only such column; {target.why}"


def others_named(columns: Sequence[ColumnGuess]) -> str:
    """Columns with their verb: ``'a' is``, ``'a', 'b' and 3 more are``."""
    names = first_few([repr(cut(column.name, 40)) for column in columns], _MOST)
    return f"{names} {'is' if len(columns) == 1 else 'are'}"


def _rank(name: str) -> tuple[int, int]:
    """How likely a name is that of what is predicted, the likeliest first: of what kind it is, and its word's place."""
    words = name_words(name)
    if not words.isdisjoint(_FORECASTS.split()):
        return _UNNAMED + 1, 0
    for tier, known in ((0, VALUE_WORDS), (_UNNAMED + 1, DRIVER_WORDS)):
        for place, word in enumerate(known.split()):
            if word in words or (len(word) >= _LONG and any(one.endswith(word) for one in words)):
                return tier, place
    return _UNNAMED, 0
