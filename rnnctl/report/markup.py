"""HTML that is escaped unless it says that it is HTML: what comes from configs and data cannot become markup."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from rnnctl.util.format import aligned


class Html(str):
    """Text that is markup already; every other ``str`` is escaped where it is put in."""

    __slots__ = ()


_MINUS = re.compile(r"(?:(?<=\de)|(?<![\w.-]))-(?=\.?\d)")

FIGURE_SPACE = "\u2007"
"""As wide as a digit."""

VOID = {"meta", "link", "br", "hr", "input"}


def markup(content: str) -> Html:
    """Escapes plain text; leaves markup as it is. Control characters, which HTML forbids, become spaces."""
    if isinstance(content, Html):
        return content
    return Html(html.escape("".join(char if char.isprintable() or char == "\n" else " " for char in content)))


def tag(name: str, /, *children: str, **attributes: str) -> Html:
    """An element with its children in order; text and the attributes' values are escaped.

    The attribute ``class_`` is ``class``, and ``aria_label`` is ``aria-label``.
    """
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{markup(value)}"' for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    """Several pieces as one."""
    return Html("".join(map(markup, parts)))


def bullet_list(items: Iterable[str], **attributes: str) -> Html:
    """An unordered list; nothing at all where there are no items."""
    points = [tag("li", item) for item in items]
    return tag("ul", *points, **attributes) if points else Html()


def definitions(pairs: Iterable[tuple[str, str]]) -> Html:
    """Names with their texts, without those that are empty; nothing at all where there are none."""
    parts = [part for name, text in pairs if text for part in (tag("dt", name), tag("dd", text))]
    return tag("dl", *parts) if parts else Html()


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, best: int | None = None) -> Html:
    """A table that scrolls sideways, its first column names, the others numbers, the row ``best`` set off."""
    head = tag("tr", *(tag("th", title, scope="col") for title in titles))
    listed = [list(row) for row in rows]
    for place in range(1, len(titles)):
        for row, cell in zip(listed, aligned([row[place] for row in listed], FIGURE_SPACE), strict=True):
            row[place] = cell
    body = [table_row(row, class_="best" if place == best else "") for place, row in enumerate(listed)]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="scroll", tabindex="0")


def table_row(cells: Sequence[str], *, best: Collection[int] = (), class_: str = "") -> Html:
    """A row of a table, its first cell a heading; those of ``best`` are set off."""
    dressed = ({"class_": "best"} if place in best else {} for place in range(len(cells) - 1))
    rest = (tag("td", minus(cell), **dress) for cell, dress in zip(cells[1:], dressed, strict=True))
    return tag("tr", tag("th", cells[0], scope="row"), *rest, **({"class_": class_} if class_ else {}))


def capital(text: str) -> str:
    """A sentence with a capital at its beginning, unless that is a path or a name with an underscore."""
    first = text.split(" ", 1)[0]
    return text if "_" in first or "/" in first else text[:1].upper() + text[1:]


def minus(text: str) -> str:
    """Text with a minus sign before each negative number and exponent, as the axes of pictures have it."""
    return text if isinstance(text, Html) else _MINUS.sub("−", text)


def embedded_json(value: Any) -> Html:
    """JSON that may stand inside a ``script`` element: no ``<``, ``>`` or ``&`` can end it or begin anything."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Html(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
