"""What every section of a config has in common: frozen, strict, no unknown keys; short forms; rules across keys."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

LARGEST_INT = 2**31 - 1
"""Largest whole number a config may hold: sizes beyond it overflow in TensorFlow's kernels."""


class Section(BaseModel):
    """A section of the config. Unknown keys are errors; values are never coerced from another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ShortForm:
    """Lets a section that is chosen by one word be written as that word: ``sgd`` for ``{kind: sgd}``.

    Args:
        tag: The key whose word chooses the section: ``kind`` or ``cell``.
    """

    def __init__(self, tag: str = "kind") -> None:
        self.tag = tag

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validates a word as the mapping that it is short for."""
        return core_schema.no_info_before_validator_function(self._expand, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Tells editors the words that need no further key, beside the mappings."""
        mapping = handler(schema)
        targets = mapping.get("discriminator", {}).get("mapping", {})
        words = [
            word
            for word, reference in targets.items()
            if handler.resolve_ref_schema({"$ref": reference}).get("required") == [self.tag]
        ]
        return {"anyOf": [{"enum": words, "type": "string"}, mapping]}

    def _expand(self, value: Any) -> Any:
        return {self.tag: value} if isinstance(value, str) else value


def broken_rule(message: str, *keys: str) -> PydanticCustomError:
    """An error about several keys that do not go together.

    Args:
        message: What is wrong, and what to do.
        keys: Dotted paths of the keys, relative to the section that raises it.
    """
    return PydanticCustomError("rule", "{message}", {"message": message, "keys": keys})


PositiveInt = Annotated[int, Field(ge=1, le=LARGEST_INT)]
NonNegativeInt = Annotated[int, Field(ge=0, le=LARGEST_INT)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
