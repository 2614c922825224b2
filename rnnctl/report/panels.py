"""The pieces that pages are made of: places of pictures, and tiles of numbers. Knows nothing of what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnnctl.report.markup import Html, tag


def panel(name: str, title: str, note: str, *, height: int | None = None, switch: str = "", class_: str = "") -> Html:
    """The place of a picture, with its caption.

    Args:
        name: Id of the element that the picture is drawn in.
        title: Its title.
        note: What is seen, in a sentence or two.
        height: Pixels; None for the usual height.
        switch: Words beside a box that, once ticked, draws the figure with its ``log`` layout; empty for no box.
        class_: Class of the whole.
    """
    box = Html()
    if switch:
        box = tag("label", tag("input", type="checkbox", data_log=name), f" {switch}", class_="switch")
    caption = tag("figcaption", tag("h3", title), box, tag("p", note))
    size = {} if height is None else {"style": f"height:{height}px"}
    plot = tag("div", id=name, class_="plot", role="img", aria_label=f"{title}. {note}", **size)
    return tag("figure", caption, plot, **({"class_": class_} if class_ else {}))


def tile(name: str, value: str, note: str = "") -> Html:
    """A number with its name above, and a small note below."""
    return tag("div", tag("dt", name), tag("dd", value, *((tag("small", note),) if note else ())))


def grouped_table(titles: Sequence[str], groups: Mapping[str, Sequence[Sequence[str]]]) -> Html:
    """A table whose rows stand in groups, each under a title of its own.

    Args:
        titles: One a column, after the first, which holds names.
        groups: Rows by the title of their group; a row has its name and a cell for each title.
    """
    head = tag("tr", tag("th", ""), *(tag("th", title, scope="col") for title in titles))
    bodies = [
        tag(
            "tbody",
            tag("tr", tag("th", group, scope="rowgroup", colspan=str(len(titles) + 1)), class_="group"),
            *(tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])) for row in rows),
        )
        for group, rows in groups.items()
    ]
    return tag("div", tag("table", tag("thead", head), *bodies), class_="scroll grouped", tabindex="0")
