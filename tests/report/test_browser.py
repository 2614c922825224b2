"""Pages are looked at in a real browser: every plot is drawn, the console is silent, nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, Seen, browser, needs_browser
from examined import examination, layer
from made_runs import made_run, made_step

from rnnctl.report.examination import examination_page
from rnnctl.report.runs_page import runs_page
from rnnctl.results.evaluation import Confusion, ForecastLine
from rnnctl.runs.test_results import write_test
from rnnctl.workflows.report import view_run

pytestmark = [needs_browser, pytest.mark.slow]

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(1)</script>"


def drawn(document: str) -> set[str]:
    """Ids of the places in which Plotly drew something: a plot has its main drawing and its axes' lines or cells."""
    return set(re.findall(r'<div id="([\w-]+)" class="plot js-plotly-plot"', document))


def places(page: str) -> set[str]:
    return set(re.findall(r'<div id="([\w-]+)" class="plot"', page))


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


def seen(chromium: Browser, page: str, folder: Path, **how: Any) -> Seen:
    """A page, of which every place of a picture has one, the console is silent, and nothing is fetched."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    found = chromium.look(file, **how)
    assert found.console == []
    assert [url for url in found.fetched if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
    assert places(page)
    assert drawn(found.document) == places(page)
    assert found.document.count('class="main-svg"') >= len(places(page))
    return found


def test_a_run_is_drawn_its_texts_stay_texts_and_the_switch_makes_the_axis_logarithmic(
    chromium: Browser, tmp_path: Path
) -> None:
    run = made_run(tmp_path, records=[made_step(number) for number in range(1, 1101)], reason=HOSTILE, stopped="failed")
    write_test(run, [ForecastLine(HOSTILE, (1.0, 2.0, 3.0), (1.0, None, 4.0), HOSTILE, (HOSTILE, "b", "c"))])
    document, pressed, *_ = seen(chromium, runs_page([view_run(run)]), tmp_path, press='input[data-log="loss"]')
    assert 'class="drawn"' in document
    assert "<img src" not in document
    # The thinned loss is a line and a band, and the heat map an image.
    assert "js-fill" in document
    assert "<image" in document
    for text, logarithmic in ((document, False), (pressed, True)):
        loss = text[text.index('id="loss"') : text.index('id="gradient"')]
        assert ("10&lt;sup&gt;−3" in loss) == logarithmic


def test_runs_side_by_side_are_drawn_in_the_dark_on_a_phone(chromium: Browser, tmp_path: Path) -> None:
    runs = [made_run(tmp_path), made_run(tmp_path, steps=4, stopped=None)]
    write_test(runs[0], Confusion(("a", HOSTILE), ((30, 10), (1, 2))))
    page = runs_page([view_run(run) for run in runs])
    document = seen(chromium, page, tmp_path, dark=True, width=380).document
    assert "rgb(123, 167, 255)" in document  # the first run's colour in the dark
    assert "<img src" not in document


def test_an_examination_is_drawn_and_an_axis_has_a_few_ticks_whatever_norms_it_shows(
    chromium: Browser, tmp_path: Path
) -> None:
    ends = [(5e-324, 1e-320), (1.7e308, 1.1e308), (1e-300, 1e300), (1.19, 2.35), (0.5, 0.5)]
    bare = {"returned_norms": (), "immediate_norms": (), "impulse_norms": (), "singular_largest": (), "lyapunov": ()}
    odd = tuple(
        layer(path=f"recurrent_{place}", state_gradient_norms={"h": pair * 20}, **bare)
        for place, pair in enumerate(ends)
    )
    rows = tuple((0.1, 0.2, 0.4) for _ in range(4))
    found = examination(layers=(*odd, layer(path="whole")), history={"whole/h": rows})
    document = seen(chromium, examination_page(found), tmp_path).document
    for place in range(len(ends)):
        begin = document.index(f'id="profile-recurrent_{place}"')
        ticks = document[begin : document.index("</figure>", begin)].count('class="ytick"')
        assert 1 <= ticks <= 20


def test_a_page_whose_script_was_changed_runs_none_of_it(chromium: Browser, tmp_path: Path) -> None:
    page = runs_page([view_run(made_run(tmp_path))]).replace(
        '"use strict";', '"use strict";document.title="changed";', 1
    )
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    document, _, console, _ = chromium.look(tmp_path / "page.html")
    assert drawn(document) == set()
    assert "<title>changed" not in document
    assert "Content Security Policy" in "".join(console)
