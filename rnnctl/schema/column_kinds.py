"""The kinds of a table's columns, one class each."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, core_schema

from rnnctl.schema.base import PositiveInt, Section, ShortForm

CalendarPart = Literal["month", "day_of_month", "day_of_year", "week", "weekday", "hour", "minute"]
"""A part of a date or time that comes round again; shown to the model as the sine and cosine of its phase."""

Parts = Annotated[tuple[CalendarPart, ...], Field(strict=False, min_length=1, json_schema_extra={"uniqueItems": True})]
"""Calendar parts, at least one."""


NEXT = "\n"
"""Stands between the forms of several columns that are one time."""

_YEAR = "%[-_0]?[YGyFDcxvs+]"


def _is_a_form(text: str) -> str:
    if re.search(_YEAR, text) is None:
        raise ValueError("is no form of dates; write one as for strptime, such as '%d.%m.%Y' or '%m/%d/%Y %H:%M'")
    return text


DateForm = Annotated[str, AfterValidator(_is_a_form), Field(json_schema_extra={"pattern": _YEAR})]
"""How a date is written, as for strptime."""


class FormOfParts:
    """Lets the form of a time be a list of those of its parts; they are joined by `NEXT`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validates a form, or a list of forms."""
        return core_schema.no_info_wrap_validator_function(
            _form_of_parts,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda form: form.split(NEXT) if NEXT in form else form
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A text, or a list of texts."""
        return {"anyOf": [handler(schema), {"type": "array", "items": {"type": "string"}, "minItems": 2}]}


def _form_of_parts(value: Any, form: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, list | tuple) and all(isinstance(part, str) and part and NEXT not in part for part in value):
        value = NEXT.join(value)
    return form(value)


EXCEL = "excel_days"
"""The word for days as spreadsheets count them: 1 is the last of 1899."""

EPOCHS = {"epoch_s": 1, "epoch_ms": 1000, "epoch_us": 1_000_000, "epoch_ns": 1_000_000_000, EXCEL: 1}
"""Words for times as numbers that count from 1970 on, or `EXCEL`; how many of the former are a second."""

_NUMBERS = ("number", *EPOCHS)

TimeForm = Annotated[
    str,
    AfterValidator(lambda text: text if text in _NUMBERS else _is_a_form(text)),
    Field(json_schema_extra={"pattern": f"^({'|'.join(_NUMBERS)})$|{_YEAR}"}),
    FormOfParts(),
]
"""How a time is written: `DateForm`, those of several columns, ``number``, or one of `EPOCHS`."""


_UNIT = r"^[^\s\d.,+()-](.*\S)?$"


def _is_a_unit(text: str) -> str:
    if re.fullmatch(_UNIT, text) is None:
        raise ValueError("is no unit; write what stands beside each number, such as kg, '%' or €")
    return text


Unit = Annotated[str, AfterValidator(_is_a_unit), Field(json_schema_extra={"pattern": _UNIT})]
"""What stands beside numbers."""


class NumberColumn(Section):
    """A number, scaled as ``data.scale`` says. What a column is where nothing else is said."""

    kind: Literal["number"]
    unit: Unit | None = None
    """What stands before or after each number where the cells are text, such as ``kg``, ``%`` or ``€``. It is taken
    off. A cell in another unit is converted where the two differ by an SI prefix alone (``0.5 MW`` is 500 kW), and an
    error elsewhere."""


class BooleanColumn(Section):
    """Yes or no, written true/false, yes/no, t/f, y/n or 1/0; shown as 1 and 0, never scaled."""

    kind: Literal["boolean"]


class Vocabular(Section):
    """What columns of tokens have in common. The vocabulary is made from the training split alone."""

    size: PositiveInt | None = None
    """Most tokens kept, the most frequent first; others are seen as the unknown token. All where it is null."""
    embedding: PositiveInt | None = None
    """Size of the learnt vector that stands for a token; null shows it one-hot."""


class CategoryColumn(Vocabular):
    """A word or code from a limited set: each cell is one token."""

    kind: Literal["category"]


class WordsColumn(Vocabular):
    """Text as a sequence of words: each row becomes a sequence, one time step a word or punctuation mark."""

    kind: Literal["words"]
    embedding: PositiveInt | None = 32
    """Size of the learnt vector that stands for a word; null shows it one-hot."""
    lowercase: bool = True
    """Whether words that differ only in case are the same token."""


class CharactersColumn(Vocabular):
    """Text as a sequence of characters: each row becomes a sequence, one time step a character."""

    kind: Literal["characters"]
    lowercase: bool = False
    """Whether characters that differ only in case are the same token."""


class DateColumn(Section):
    """A date or time, shown as the sine and cosine of the phase of its calendar parts."""

    kind: Literal["date"]
    parts: Parts = ("month",)
    """Which parts."""
    format: DateForm | None = None
    """How the dates are written, as for strptime (``%d.%m.%Y``); null reads what the column itself tells."""


Column = Annotated[
    Annotated[
        NumberColumn | BooleanColumn | CategoryColumn | WordsColumn | CharactersColumn | DateColumn,
        Field(discriminator="kind"),
    ],
    ShortForm(),
]

TEXTS = (WordsColumn, CharactersColumn)
"""Kinds of column whose every cell is a sequence of tokens."""

TOKENS = (CategoryColumn, WordsColumn, CharactersColumn)
"""Kinds of column that hold tokens of a vocabulary."""
