from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from pydantic import ValidationError

from rnnctl.schema.base import OneOf, Section, ShortForm, WordOf
from rnnctl.util.registry import Registry, UnknownEntryError


class Circle(Section):
    kind: Literal["circle"]
    radius: int = 1


class Square(Section):
    kind: Literal["square"]
    side: int


@dataclass(frozen=True)
class Shape:
    word: str
    section: type[Section]


SHAPES = Registry("shape", [Shape("circle", Circle)])


class Drawing(Section):
    shape: Annotated[Annotated[Section, OneOf(SHAPES)], ShortForm()]
    default: Annotated[str, WordOf(SHAPES)] = "circle"


class Book(Section):
    drawing: Drawing


SQUARE = Shape("square", Square)


def test_a_word_chooses_the_section_of_its_entry():
    assert Book.model_validate({"drawing": {"shape": {"kind": "circle", "radius": 3}}}).drawing.shape == Circle(
        kind="circle", radius=3
    )
    assert Book.model_validate({"drawing": {"shape": "circle"}}).drawing.shape == Circle(kind="circle")


def test_an_entry_is_known_to_every_section_that_holds_the_choice_as_long_as_it_is_in_the_registry():
    drawn = {"drawing": {"shape": {"kind": "square", "side": 2}, "default": "square"}}
    with SHAPES.extended(SQUARE):
        assert Book.model_validate(drawn).drawing.shape == Square(kind="square", side=2)
        assert Book.model_json_schema()["$defs"]["Drawing"]["properties"]["default"]["enum"] == ["circle", "square"]
    assert list(SHAPES) == ["circle"]
    with pytest.raises(ValidationError, match="expected tags: 'circle'"):
        Book.model_validate(drawn)


def test_an_unknown_word_is_an_error_that_names_the_nearest():
    with pytest.raises(
        UnknownEntryError, match=r"no shape is called 'circel' \(there are circle\); did you mean 'circle'"
    ):
        SHAPES["circel"]
    assert SHAPES.get("square") is None
    assert "square" not in SHAPES


def test_an_unknown_word_in_a_config_is_a_fault():
    with pytest.raises(ValidationError, match="Input should be 'circle'"):
        Drawing.model_validate({"shape": "circle", "default": "square"})
