from __future__ import annotations

import json
from html.parser import HTMLParser

from hypothesis import given, settings, strategies as st

from rnnctl.report.markup import Html, bullet_list, embedded_json, joined, markup, minus, table, tag


class Reader(HTMLParser):
    """What a browser would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Co", "Cn"]) | st.just(" ")))
def test_any_text_is_seen_as_it_is_and_never_becomes_markup(text: str) -> None:
    seen = read(tag("p", text, title=text))
    assert seen.text == text
    assert seen.tags == [("p", {"title": text})]


def test_markup_is_kept_and_control_characters_become_spaces() -> None:
    assert tag("p", tag("b", "a & b"), " <i>") == "<p><b>a &amp; b</b> &lt;i&gt;</p>"
    assert markup("a\x00b\x1bc") == "a b c"
    assert joined([Html("<br>"), "<br>"]) == "<br>&lt;br&gt;"
    assert tag("div", class_="a", aria_label="b") == '<div class="a" aria-label="b"></div>'


def test_a_list_of_nothing_is_nothing() -> None:
    assert bullet_list([]) == ""
    assert bullet_list(["<a>"]) == "<ul><li>&lt;a&gt;</li></ul>"


def test_a_table_escapes_every_cell_and_sets_off_the_best_row() -> None:
    text = table(("<t>",), [("<a>",), ("<b>",)], best=1)
    assert "<t>" not in text
    assert "<a>" not in text
    assert text.count('class="best"') == 1
    assert text.index('class="best"') > text.index("&lt;a&gt;")


@settings(max_examples=30)
@given(st.recursive(st.text() | st.integers(-9, 9), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_embedded_json_says_the_same_and_cannot_end_its_element(value: object) -> None:
    text = embedded_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&")
    assert text.isascii()


def test_negative_numbers_and_exponents_have_a_minus_sign_and_dates_and_names_have_none() -> None:
    assert minus("-0.5 to -.25, 3e-05") == "−0.5 to −.25, 3e−05"
    assert minus("2024-01-31 shop-2 a-1 --3") == "2024-01-31 shop-2 a-1 --3"
