"""What every section of a config has in common: frozen, strict, no unknown keys."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    """A section of the config. Unknown keys are errors; values are never coerced from another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


def kind_from_word(value: Any) -> Any:
    """Reads the short form ``optimizer: sgd`` as ``optimizer: {kind: sgd}``."""
    return {"kind": value} if isinstance(value, str) else value


ShortForm = BeforeValidator(kind_from_word)
"""Lets a section that is chosen by ``kind`` be written as that one word."""

PositiveInt = Annotated[int, Field(ge=1)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
