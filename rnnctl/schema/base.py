"""What every section of a config has in common: frozen, strict, no unknown keys; short forms; rules across keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self, Union

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from rnnctl.tasks.task import Rule
from rnnctl.util.registry import Registry

LARGEST_INT = 2**31 - 1
"""Largest whole number a config may hold: sizes beyond it overflow in TensorFlow's kernels."""


class Section(BaseModel):
    """A section of the config. Unknown keys are errors; values are never coerced from another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)

    defined: ClassVar[list[type[Section]]] = []
    """All sections, in the order of their definition: each after those that it holds."""

    exclusive: ClassVar[tuple[str, ...]] = ()
    """Keys of which at most one can be set."""

    def broken_rules(self) -> Iterator[Rule]:
        """Faults between keys that are right on their own; keys are dotted paths, relative to the section."""
        given = [name for name in self.exclusive if getattr(self, name) is not None]
        if len(given) > 1:
            yield f"{' and '.join(given)} are set; keep one of them", *given

    @model_validator(mode="after")
    def _rules_hold(self) -> Self:
        for message, *keys in self.broken_rules():
            raise PydanticCustomError("rule", "{message}", {"message": message, "keys": keys})
        return self

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Notes the section."""
        super().__pydantic_init_subclass__(**kwargs)
        Section.defined.append(cls)


class OneOf:
    """A section that one word chooses from a registry: ``Annotated[Base, OneOf(CELLS, "cell")]``.

    Validation and JSON Schema are those of a discriminated union of the entries' ``section`` classes. A change of the
    registry rebuilds all sections.

    Args:
        registry: The registry; each entry has a ``section``. Entries may share one.
        tag: The key whose word chooses the section: ``kind`` or ``cell``.
    """

    def __init__(self, registry: Registry[Any], tag: str = "kind") -> None:
        self._registry = registry
        self._tag = tag

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Builds the union of the registry's sections."""
        sections = tuple(dict.fromkeys(entry.section for entry in self._registry.values()))
        return handler.generate_schema(Annotated[Union[sections], Field(discriminator=self._tag)])  # noqa: UP007


class WordOf:
    """A word of a registry: ``Annotated[str, WordOf(TASKS)]``, validated as a ``Literal`` of its words would be.

    Args:
        about: Beginning of the key's description, which the entries' ``description`` complete; none where empty.
    """

    def __init__(self, registry: Registry[Any], about: str = "") -> None:
        self._registry = registry
        self._about = about

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Builds the choice between the registry's words."""
        return core_schema.literal_schema(list(self._registry))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Adds the description."""
        if not self._about:
            return handler(schema)
        described = (f"``{word}`` {entry.description}" for word, entry in self._registry.items())
        return {**handler(schema), "description": f"{self._about}: {', '.join(described)}."}


def rebuild_sections() -> None:
    """Builds the validators of all sections anew, after a registry has changed."""
    for section in Section.defined:
        section.model_rebuild(force=True)


Registry.listeners.append(rebuild_sections)


class ShortForm:
    """Lets a section that is chosen by one word be written as that word: ``sgd`` for ``{kind: sgd}``.

    Args:
        tag: The key whose word chooses the section: ``kind`` or ``cell``.
    """

    def __init__(self, tag: str = "kind") -> None:
        self.tag = tag

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validates a word as the mapping that it is short for."""
        return core_schema.no_info_before_validator_function(
            lambda value: {self.tag: value} if isinstance(value, str) else value, handler(source)
        )

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


PositiveInt = Annotated[int, Field(ge=1, le=LARGEST_INT)]
NonNegativeInt = Annotated[int, Field(ge=0, le=LARGEST_INT)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
