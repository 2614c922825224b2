"""The pieces that pages are made of: header and footer, places of pictures, tiles of numbers, grouped tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rnnctl import __version__
from rnnctl.report.evaluation_parts import ScoreTable
from rnnctl.report.markup import Html, capital, definitions, table, tag
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


def panel(
    drawn: dict[str, Figure],
    name: str,
    figure: Figure,
    title: str,
    note: str,
    *,
    height: int = 0,
    wide: bool = False,
    paper: bool = True,
) -> Html:
    """The place of a picture, with its caption; with a switch for the figure's ``log`` layout where it has one.

    Args:
        drawn: Takes the picture.
        name: Id of the element that the picture is drawn in.
        height: Pixels; 0 for the usual height.
        paper: Whether it says something on paper, where nothing can be chosen.
    """
    drawn[name] = figure
    box = tag("label", tag("input", type="checkbox", data_log=name), " log scale", class_="switch")
    caption = tag("figcaption", tag("h3", title), box if "log" in figure else Html(), tag("p", note))
    size = {"style": f"height:{height}px"} if height else {}
    plot = tag("div", id=name, class_="plot", role="img", aria_label=f"{title}. {note}", **size)
    classes = " ".join(name for name, given in (("wide", wide), ("screen", not paper)) if given)
    return tag("figure", caption, plot, **({"class_": classes} if classes else {}))


def verdict_section(word: str, tone: str, sentence: str, details: Iterable[tuple[str, str]] = ()) -> Html:
    """What a page says first: a word and a sentence, and details by their names."""
    parts = tag("div", word, class_="word"), tag("h2", sentence), definitions(details)
    return tag("section", *parts, class_=f"verdict {tone}")


def score_section(found: ScoreTable, best: int | None = None) -> Html:
    """A table of scores under its heading, the ``best`` row marked."""
    above = [tag("p", capital(found.above))] if found.above else []
    below = [tag("p", capital(text), class_="dim") for text in found.below]
    rows = table(found.titles, found.rows, best=best)
    return tag("section", tag("h2", found.heading), *above, rows, *below)


def grouped_table(titles: Sequence[str], groups: Mapping[str, Sequence[Html]]) -> Html:
    """A table whose rows, of a name and a cell for each title, stand in groups under titles of their own."""
    head = tag("tr", tag("th", ""), *(tag("th", title, scope="col") for title in titles))
    bodies = []
    for group, rows in groups.items():
        name = tag("th", group, scope="rowgroup", colspan=str(len(titles) + 1))
        bodies.append(tag("tbody", tag("tr", name, class_="group"), *rows))
    return tag("div", tag("table", tag("thead", head), *bodies), class_="scroll grouped", tabindex="0")
