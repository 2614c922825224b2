from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.config import yaml_reader
from rnnctl.config.yaml_reader import read_yaml
from rnnctl.errors import ConfigError


def _fault(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read_yaml(text, "c.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2\n", "c.yaml:2:2: the list that opened with [ is not closed, or lacks a comma before this"),
        ("a: [1, 2\n", "c.yaml:1:4: the list that opened with [ is not closed, or lacks a comma before this"),
        ("a: {b: 1\nc: 2\n", "c.yaml:2:2: the mapping that opened with { is not closed, or lacks a comma before this"),
        ("a:\n\tb: 1\n", "c.yaml:2:1: a tab stands where YAML wants spaces; indent with spaces"),
        ('a: "b\nc: 3\n', "c.yaml:1:4: the quote that opened here is never closed"),
        (
            "a:\n  b: 1\n c: 3\n",
            "c.yaml:3:2: this is not aligned with the lines above it; give the keys of a section the same indentation",
        ),
        (
            "a: b: c\n",
            "c.yaml:1:5: a colon cannot stand here; check the indentation, or put text that holds ': ' in quotes",
        ),
        ("a: @x\n", "c.yaml:1:4: text cannot start with @ unless it is in quotes; put quotes around it"),
        ('a: "\\q"\n', "c.yaml:1:6: \\q means nothing inside double quotes; use single quotes, or write \\\\"),
        ("a: 1\nb\nc: 2\n", "c.yaml:2:1: this line is no 'key: value'; write a colon and a space after the key"),
        ("a: !e!x 1\n", "c.yaml:1:4: a tag has no meaning in a config; remove the word that starts with !"),
        (
            "a: 1\n---\nb: 2\n",
            "c.yaml:2:1: a second document starts here; a config is one document, so remove the ---",
        ),
        ("a: *x\n", "c.yaml:1:4: alias *x has no anchor &x above it"),
        ("a: &x [*x]\n", "c.yaml:1:8: alias *x stands inside its own anchor, which has no end"),
        ("[" * 10_000, "c.yaml:1:52: is nested deeper than 50 levels; a config needs no more than ten"),
    ],
)
def test_broken_yaml_is_told_with_its_place_and_what_to_do(text: str, message: str) -> None:
    assert _fault(text) == message


def test_ten_thousand_levels_of_mappings_are_a_fault_and_no_recursion_error() -> None:
    assert "nested deeper than 50 levels" in _fault("{a: " * 10_000)
    assert "nested deeper than 50 levels" in _fault("\n".join(" " * i + "a:" for i in range(1_000)))


def test_nesting_through_aliases_is_counted() -> None:
    text = "a: &x0 [1]\n" + "".join(f"b{i}: &x{i} [*x{i - 1}]\n" for i in range(1, 3_000))
    assert "nested deeper than 50 levels through the alias" in _fault(text)


def test_an_alias_bomb_is_refused_before_any_value_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reader, "_Writer", lambda *_: pytest.fail("values were written out"))
    text = "a: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    text += "".join(f"b{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 9))
    assert "holds more than 20,000 values with its aliases written out" in _fault(text)


def test_a_merge_key_bomb_is_refused_too() -> None:
    text = "x0: &x0 {a: 1}\n" + "".join(f"x{i}: &x{i} {{<<: [{', '.join([f'*x{i - 1}'] * 9)}]}}\n" for i in range(1, 9))
    assert "holds more than 20,000 values" in _fault(text)


def test_places_are_the_line_and_column_of_keys_and_values() -> None:
    document = read_yaml("a:\n  - {b: 1,\n     c: [x]}\n", "c.yaml")
    assert document.value == {"a": [{"b": 1, "c": ["x"]}]}
    keys = {path: place.key for path, place in document.places.items()}
    values = {path: place.value for path, place in document.places.items()}
    assert keys["a",] == (1, 1)
    assert keys["a", 0, "b"] == (2, 6)
    assert values["a", 0, "b"] == (2, 9)
    assert keys["a", 0, "c"] == (3, 6)
    assert values["a", 0, "c", 0] == (3, 10)


def test_duplicate_keys_are_told_with_both_places_and_the_rest_is_read() -> None:
    document = read_yaml("a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\n", "c.yaml")
    assert [str(fault) for fault in document.faults] == [
        "c.yaml:3:1: a: is set twice, first at line 1, column 1; keep one of them",
        "c.yaml:2:17: b.c: is set twice, first at line 2, column 5; keep one of them",
    ]
    assert document.value == {"a": 1, "b": {"c": 1, "d": 2}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("null: 2", "c.yaml:1:1: a key is a word, this is empty; put quotes around it if it is a name"),
        ("{d: 0,5}", "c.yaml:1:7: a key is a word, this is the value 5; a decimal is written with a point, as in 0.5"),
        ("? [a]\n: 2", "c.yaml:1:3: a key is a word, this is a list; write a known key"),
        ("? !<plain> [a]\n: 2", "c.yaml:1:3: a key is a word, this is a list; write a known key"),
        ("a: !<plain> 5", "c.yaml:1:4: a: the tag plain has no meaning in a config; remove it"),
        (
            "a: !!python/object:os.x {}",
            "c.yaml:1:4: a: the tag !!python/object:os.x has no meaning in a config; remove it",
        ),
        ("<<: 3", "c.yaml:1:5: << takes a mapping (an alias of one), or a list of them"),
    ],
)
def test_what_yaml_allows_and_a_config_does_not_is_told(text: str, message: str) -> None:
    assert [str(fault) for fault in read_yaml(text, "c.yaml").faults] == [message]


def test_merge_keys_bring_in_what_is_not_set_and_aliases_are_copies() -> None:
    document = read_yaml("a: &a {x: 1, y: [2]}\nb: {<<: *a, x: 3}\nc: {<<: [{x: 9}, *a]}\n", "c.yaml")
    assert document.value == {"a": {"x": 1, "y": [2]}, "b": {"y": [2], "x": 3}, "c": {"x": 9, "y": [2]}}
    assert document.value["b"]["y"] is not document.value["a"]["y"]
    assert document.places["b", "y"].key == (1, 14)


def test_a_key_is_the_text_that_it_is_written_with() -> None:
    text = "{1: a, true: b, no: c, 007: d, 1_000: e, 1.50: f, '2': g}"
    assert list(read_yaml(text, "c.yaml").value) == ["1", "true", "no", "007", "1_000", "1.50", "2"]


def test_quoted_text_stays_text() -> None:
    assert read_yaml("{a: '1', b: \"true\", c: !!str 5, d: ''}", "c.yaml").value == {
        "a": "1",
        "b": "true",
        "c": "5",
        "d": "",
    }


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"#,? \n\t%@`<1.~", max_size=60))
def test_any_text_is_read_or_refused_with_a_config_error(text: str) -> None:
    try:
        read_yaml(text, "c.yaml")
    except ConfigError as error:
        told = len(error.faults)
    else:
        told = 1
    assert told
