"""Fragments for notebooks: what they say, and that nothing in them can become markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest
from examined import examination
from report.test_evaluation import FOUND, HOSTILE

from rnnctl.report.notebook import HEIGHT, WIDTH, examination_html, run_html
from rnnctl.results import Summary

SUMMARY = Summary(
    **{"steps": 3, "epochs": 1, "first_loss": 2.0, "final_loss": 0.5, "best_validation_loss": 0.75, "best_epoch": 1},
    **{"stopped": "finished", "seconds": 2.5, "milliseconds_per_step": 0.5, "reach": (7, 10), "verdict": "vanishing"},
    metrics={"test_mae": 1.5, "naive_mae": 3.0},
)


class Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_run_shows_its_losses_as_a_curve_and_its_summary_as_rows() -> None:
    text = run_html(SUMMARY, pl.DataFrame({"loss": [2.0, 1.25, 0.5]}), "small")
    words = Reader(text).words
    rows = dict(zip(words[words.index("training") :: 2], words[words.index("training") + 1 :: 2], strict=True))
    assert rows == {
        "training": "finished, 3 steps, 1 epoch",
        "loss": "2.000 → 0.5000; validation 0.7500 at best, after epoch 1",
        "test": "MAE 1.500 (naive 3.000)",
        "through time": "vanishing: the gradient reaches 7 of 10 time steps back",
        "speed": "0.5 ms a step",
    }
    points = [tuple(map(float, point.split(","))) for point in re.findall(r'points="([^"]*)"', text)[0].split()]
    assert points == [(2.0, 2.0), (WIDTH / 2, HEIGHT / 2), (WIDTH - 2, HEIGHT - 2)]


@pytest.mark.parametrize("losses", [[], [1.0], [float("nan")] * 3, [0.5, 0.5], [1e-9, 1e9, float("inf")]])
def test_any_losses_can_be_drawn(losses: list[float]) -> None:
    text = run_html(SUMMARY, pl.DataFrame({"loss": pl.Series(losses, dtype=pl.Float64)}))
    assert not re.search(r"points=\"[^\"]*(nan|inf)", text)
    assert ("svg" in Reader(text).tags) == (len([loss for loss in losses if abs(loss) < float("inf")]) > 1)


def test_an_examination_says_its_verdict_cause_advice_and_layers() -> None:
    found = examination()
    text = " ".join(Reader(found._repr_html_()).words)
    for verdict in found.verdicts:
        assert verdict.word in text
        assert all(line in text for line in (*verdict.because, *(advice.why for advice in verdict.advice)))
    assert all(layer.path in text for layer in found.layers)


def test_an_evaluation_says_whether_it_beats_the_baselines() -> None:
    text = " ".join(Reader(FOUND._repr_html_()).words)
    assert "better  than every baseline: it beats repeating the last value by 50 % (MAE 1.500" in text
    assert "naive 3.000 4.000" in text


def test_nothing_that_a_config_or_file_says_becomes_markup() -> None:
    hostile = replace(
        examination(), name=HOSTILE, verdicts=tuple(replace(each, headline=HOSTILE) for each in examination().verdicts)
    )
    summary = replace(SUMMARY, reason=HOSTILE)
    pages = (
        examination_html(hostile),
        run_html(summary, pl.DataFrame({"loss": [1.0]}), HOSTILE),
        replace(FOUND, run=HOSTILE, data=HOSTILE)._repr_html_(),
    )
    for text in pages:
        assert not Reader(text).tags & {"script", "img"}
