"""Names in files never steer a terminal, in text, JSON or YAML, and are read back as they were."""

from __future__ import annotations

import json
import unicodedata

import pytest
import yaml
from hypothesis import given, strategies as st

from rnnctl.config.dump import flow
from rnnctl.runs.jsonl import dump
from rnnctl.util.printing import in_json, printable

STEERING = [
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\x9b2J",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\x00",
    "\U000e0001",
    "\udc80",
]


@pytest.mark.parametrize("name", STEERING)
def test_what_steers_a_terminal_is_spelt_out(name: str) -> None:
    text = f"a{name}b"
    assert printable(text).isprintable()
    assert printable(text).encode().decode("unicode_escape") == text
    written = dump({text: [text]})
    assert written.isprintable()
    assert json.loads(written) == {text: [text]}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back_from_json_and_yaml(text: str) -> None:
    for ascii_only in (False, True):
        written = in_json(json.dumps(text, ensure_ascii=False), ascii_only=ascii_only)
        assert json.loads(written) == text
        assert written.isascii() or not ascii_only
        assert not any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") for char in written)
    shown = flow(text)
    assert shown.isprintable()
    assert yaml.safe_load(shown) == text or not isinstance(yaml.safe_load(shown), str)


def test_line_ends_stay() -> None:
    assert printable("a\nb") == "a\nb"
    assert dump({"a": 1}, indent=1) == '{\n "a": 1\n}'
