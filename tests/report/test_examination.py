from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from examined import HEALTHY, TRIALS, VANISHING, examination, layer, lstm_layer, variable

from rnnctl.report.axes import BACK_AXIS
from rnnctl.report.examination import examination_page
from rnnctl.report.figures import spectrum
from rnnctl.report.heat import heatmap
from rnnctl.results import Advice, ColumnFindings, Verdict

EVIL = "\"'></title></script><script>alert(1)</script><img src=x onerror=alert(1)>&amp;%{x}"


class Reader(HTMLParser):
    """Names, ids and text of what a browser would see, scripts apart."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text += data + "\n"


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def figures(text: str) -> dict[str, dict[str, object]]:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    told: dict[str, dict[str, object]] = json.loads(found[1])
    return told


def test_the_verdict_stands_on_top_in_words() -> None:
    seen = read(examination_page(examination(trials=TRIALS, recommendation="start orthogonal")))
    order = [
        "vanishing-example",
        "vanishing",
        "The gradient reaches 10 of 40 time steps back",
        VANISHING.because[0],
        "--set model.layers.0.cell=gru",
        "Start orthogonal",
        "recurrent_0 · SimpleRNN 32, tanh",
        "Weights",
        "412 gradients against central differences in float64: largest relative error 3.1e-09 (recurrent_0/kernel)",
        "What the quantities mean, and where they come from",
    ]
    lines = seen.text.split("\n")
    places = [lines.index(line) for line in order]
    assert places == sorted(places)


def test_every_figure_has_its_place_and_every_place_its_figure() -> None:
    text = examination_page(examination(layers=(layer(), lstm_layer("recurrent_1/backward"))))
    assert set(figures(text)) == {
        *("profile-recurrent_0", "spectrum-recurrent_0", "heat-recurrent_0", "exponents-recurrent_0"),
        *("profile-recurrent_1-backward", "spectrum-recurrent_1-backward", "exponents-recurrent_1-backward", "weights"),
    }
    seen = read(text)
    assert sorted(seen.ids) == sorted([*figures(text), "figures", "plotly"])


def saying(text: str) -> str:
    """The page of an examination that says the same in every place that a config or data can write to."""
    advice = tuple(replace(each, changes={text: text}, why=text) for each in VANISHING.advice)
    verdict = replace(VANISHING, subject=text, headline=text, because=(text,), not_because=(text,), advice=advice)
    columns = [ColumnFindings(text, role, 0, constant=False, mean=0, std=1, largest=1) for role in (text, "target")]
    found = examination(
        name=text,
        state=text,
        model=text,
        verdict=text,
        verdicts=(verdict,),
        variables=tuple(variable(f"{place}{text}", values=text if place == 2 else None) for place in range(3)),
        trials=(replace(TRIALS[0], label=text),),
        recommendation=text,
    )
    return examination_page(replace(found, data=replace(found.data, columns=tuple(columns))))


def test_no_text_of_a_config_or_of_data_becomes_markup_or_script() -> None:
    text = saying(EVIL)
    seen = read(text)
    assert seen.tags == read(saying("plain")).tags
    assert seen.text.count(EVIL) >= 15
    assert text.count("<script") == 3  # the figures, Plotly, and what draws them


def test_pictures_of_nothing_are_left_out() -> None:
    dead = layer(
        state_gradient_norms={"h": (0.0,) * 40},
        singular_largest=(),
        singular_smallest=(),
        lyapunov=(),
        reach_steps=0,
        decay_per_step=None,
    )
    text = examination_page(
        examination(layers=(dead,), variables=(variable(norm=0.0, clipped_norm=0.0),), history={}, verdicts=(HEALTHY,))
    )
    assert "<script" not in text
    assert "could not be fitted" in read(text).text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0])
def test_numbers_that_no_axis_can_hold_are_left_out(value: float) -> None:
    norms = (value, *(0.5,) * 38, value)
    odd = layer(
        state_gradient_norms={"h": norms},
        singular_largest=norms,
        singular_smallest=norms,
        lyapunov=(value, -0.5),
    )
    found = examination(layers=(odd,), history={"recurrent_0/h": (norms, norms)}, loss=value)
    profile = figures(examination_page(found))["profile-recurrent_0"]
    heights = profile["traces"][0]["y"]  # type: ignore[index]
    assert heights == [None, *(0.5,) * 38, None]


def test_a_long_history_is_binned() -> None:
    rows = (*((1.0,) * 1000 for _ in range(999)), (1000.0,) * 1000)
    text = examination_page(examination(history={"recurrent_0/h": rows}))
    (trace,) = figures(text)["heat-recurrent_0"]["traces"]  # type: ignore[misc]
    assert len(trace["z"]) == 200
    assert len(trace["z"][0]) == 400
    assert trace["z"][-1][0] == 3.0
    assert trace["z"][0][0] == 0.0
    assert trace["y"][1] == 6


def test_advice_without_changes_is_told_alone() -> None:
    verdict = Verdict("bad data", "data", "a column holds NaN", advice=(Advice({}, "clean the data"),))
    seen = read(examination_page(examination(verdicts=(verdict,), verdict="bad data")))
    assert "clean the data" in seen.text
    assert "code" not in seen.tags


def test_what_has_vanished_has_the_lowest_colour_and_what_is_not_finite_none() -> None:
    rows = ((0.0, 1e-30, 1.0), (math.nan, 1e-4, 0.1))
    (trace,) = figures(examination_page(examination(history={"recurrent_0/h": rows})))["heat-recurrent_0"]["traces"]  # type: ignore[misc]
    assert trace["z"] == [[-8.0, -8.0, 0.0], [None, -4.0, -1.0]]
    assert (trace["zmin"], trace["zmax"]) == (-8.0, 0.0)


def test_rows_that_end_at_different_time_steps_are_laid_out_from_the_last_one_back() -> None:
    rng, rows, longest = np.random.default_rng(0), [], 9
    for length in rng.integers(3, longest + 1, 999):
        norms = 0.5 ** np.arange(length - 1.0, -1, -1)
        rows.append((*norms, *(0.0,) * int(rng.integers(0, 3))))  # zeros: room that no sequence of the step fills
    drawn = heatmap(rows)
    (trace,) = drawn["traces"]
    assert drawn["layout"]["xaxis"] is BACK_AXIS
    assert trace["x"] == list(range(longest - 1, -1, -1))
    falling = np.round(np.log10(0.5) * np.arange(longest - 1, -1, -1), 3)
    for row in trace["z"]:  # the largest of five steps is the same wherever each of them ended
        assert row == [None if cell is None else number for cell, number in zip(row, falling, strict=True)]
        assert row[-3:] == falling[-3:].tolist()


def test_rows_of_a_layer_that_reads_backwards_begin_together_and_what_is_over_is_empty() -> None:
    drawn = heatmap([(1.0, 0.1, 0.0, 0.0), (1.0, 0.1), (math.nan, 0.1, 0.01)], backwards=True)
    (trace,) = drawn["traces"]
    assert trace["z"] == [[0.0, -1.0, -2.0, -2.0], [0.0, -1.0, None, None], [None, -1.0, -2.0, None]]
    assert trace["x"] == [1, 2, 3, 4]


def test_the_shade_between_singular_values_is_where_both_are_drawn() -> None:
    drawn = spectrum(
        layer(
            singular_at=(1, 2, 3, 4, 5),
            singular_largest=(2.0, 2.0, 3.0, 2.0, 2.0),
            singular_smallest=(0.5, 0.25, 0.0, 0.5, 0.5),
        )
    )
    shade, smallest, largest = drawn["traces"]
    assert shade["x"] == [1, 2, 2, 1, None, 4, 5, 5, 4, None]
    assert shade["y"] == [0.5, 0.25, 2, 2, None, 0.5, 0.5, 2, 2, None]
    assert (smallest["y"], largest["y"]) == ([0.5, 0.25, None, 0.5, 0.5], [2, 2, 3, 2, 2])
