"""Names of columns in a config: one, several, or several that stand for one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


def first_twice(names: Iterable[str]) -> str | None:
    """The first name that occurs again; None where all differ."""
    return next((name for name, times in Counter(names).items() if times > 1), None)


def _differ(names: tuple[str, ...]) -> tuple[str, ...]:
    if (twice := first_twice(names)) is not None:
        raise ValueError(f"holds {twice!r} twice; name each column once")
    return names


Names = Annotated[
    tuple[str, ...], Field(strict=False, min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_differ)
]
"""Names of columns, at least one."""


@lru_cache(maxsize=256)
def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def matches(pattern: str, name: str) -> bool:
    """Whether a name matches a pattern, in which ``*`` stands for any characters, or none."""
    return _form(pattern).fullmatch(name) is not None


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that match a pattern."""
    found = _form(pattern).fullmatch
    return [name for name in names if found(name) is not None]


class Combined(str):
    """Several columns of a file that are one column of the table; its text, which names them all, is its name."""

    parts: tuple[str, ...]

    def __new__(cls, parts: Iterable[str]) -> Combined:
        """Names a column after its parts, in their order."""
        names = tuple(parts)
        combined = super().__new__(cls, ", ".join(names))
        combined.parts = names
        return combined

    def __getnewargs__(self) -> tuple[Any, ...]:
        """What a copy is made of."""
        return (self.parts,)


def parts_of(name: str | None) -> tuple[str, ...]:
    """The columns of the file that a column of the table is made of: most often itself alone; none for None."""
    if name is None:
        return ()
    return name.parts if isinstance(name, Combined) else (name,)


def as_one(names: Iterable[str]) -> str | None:
    """The column that some columns of a file stand for; None for none."""
    parts = tuple(names)
    return Combined(parts) if len(parts) > 1 else next(iter(parts), None)


def in_config(name: str) -> str | list[str]:
    """A column as a config names it: a list where it is combined."""
    return list(name.parts) if isinstance(name, Combined) else name


class OneOrMore:
    """Lets a column be a list of columns, which become one: ``Annotated[str, OneOrMore()]`` is `Combined` then."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validates a name, or a list of names."""
        return core_schema.no_info_wrap_validator_function(
            _validated,
            handler.generate_schema(Names),
            serialization=core_schema.plain_serializer_function_ser_schema(in_config),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A text, or a list of texts."""
        return {"anyOf": [{"type": "string"}, handler(schema)]}


def _validated(value: Any, names: ValidatorFunctionWrapHandler) -> str | None:
    if isinstance(value, str):
        return value
    if not isinstance(value, list | tuple):
        raise PydanticCustomError("column", "expected the name of a column, or a list of names")
    return as_one(names(value))
