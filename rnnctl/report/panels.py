"""The pieces that pages are made of: header and footer, places of pictures, tiles of numbers, grouped tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rnnctl import __version__
from rnnctl.report.markup import Html, table_row, tag
from rnnctl.report.page import Figure, page


def titled_page(
    command: str,
    heading: str,
    facts: Sequence[str],
    sections: Iterable[Html],
    figures: Mapping[str, Figure],
    *,
    title: str = "",
    made: str = "",
) -> str:
    """A page with its header and footer; ``made`` ends the footer, the time where it is empty."""
    tool, told = tag("p", f"rnnctl {command}", class_="tool"), tag("p", " · ".join(facts), class_="facts")
    body = tag(
        "main",
        tag("header", tool, tag("h1", heading), told),
        tag("noscript", tag("p", "The pictures need JavaScript; everything else is here.")),
        *sections,
        tag("footer", f"rnnctl {__version__} · {made or f'drawn {datetime.now(UTC):%Y-%m-%d %H:%M} UTC'}"),
    )
    return page(title or heading, body, figures)


def panel(name: str, title: str, note: str, *, height: int | None = None, switch: str = "", class_: str = "") -> Html:
    """The place of a picture, with its caption.

    Args:
        name: Id of the element that the picture is drawn in.
        height: Pixels; None for the usual height.
        switch: Words beside a box that, once ticked, draws the figure with its ``log`` layout; empty for no box.
    """
    box = tag("label", tag("input", type="checkbox", data_log=name), f" {switch}", class_="switch")
    caption = tag("figcaption", tag("h3", title), box if switch else Html(), tag("p", note))
    size = {} if height is None else {"style": f"height:{height}px"}
    plot = tag("div", id=name, class_="plot", role="img", aria_label=f"{title}. {note}", **size)
    return tag("figure", caption, plot, **({"class_": class_} if class_ else {}))


def tile(name: str, value: str, note: str = "") -> Html:
    """A number with its name above, and a small note below."""
    return tag("div", tag("dt", name), tag("dd", value, *((tag("small", note),) if note else ())))


def grouped_table(titles: Sequence[str], groups: Mapping[str, Sequence[Sequence[str]]]) -> Html:
    """A table whose rows, a name and a cell for each title, stand in groups under titles of their own."""
    head = tag("tr", tag("th", ""), *(tag("th", title, scope="col") for title in titles))
    bodies = [
        tag(
            "tbody",
            tag("tr", tag("th", group, scope="rowgroup", colspan=str(len(titles) + 1)), class_="group"),
            *map(table_row, rows),
        )
        for group, rows in groups.items()
    ]
    return tag("div", tag("table", tag("thead", head), *bodies), class_="scroll grouped", tabindex="0")
