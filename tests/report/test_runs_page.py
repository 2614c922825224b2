from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from made_runs import WEIGHTS, made_run, made_step
from small import small_config

from rnnctl.report.page import Figure
from rnnctl.report.predictions import prediction_panels
from rnnctl.report.runs_page import runs_page
from rnnctl.results.evaluation import Confusion, ForecastLine, ForecastPaths, Part, Scores
from rnnctl.runs.test_results import write_test
from rnnctl.workflows.report import report, view_run

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\n"


class Seen(HTMLParser):
    """Text, elements and ids of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_data(self, data: str) -> None:
        if len(data) < 100_000:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(*paths: Path) -> str:
    return runs_page([view_run(path) for path in paths])


def figures(page: str) -> dict[str, dict]:  # type: ignore[type-arg]
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])  # type: ignore[no-any-return]


def test_a_run_is_told_in_words_and_every_picture_has_its_place(tmp_path: Path) -> None:
    page = page_of(made_run(tmp_path, metrics={"test_mae": 2.0, "naive_mae": 4.0, "mean_mae": 9.0}))
    seen = Seen(page)
    drawn = figures(page)
    assert set(drawn) == {"loss", "gradient", "weights", "rate", "profile", "heat-0"}
    assert sorted(seen.ids) == sorted([*drawn, "figures", "plotly"])
    for words in (
        "Loss 1.000 → 0.1250 in 8 steps; validation 0.6000 at best, after epoch 1",
        "test MAE 2.000 (naive 4.000)",
        "vanishing: the gradient reaches 4 of 6 time steps back",
        "changes by a factor of 0.500 a time step",
        "0.4 ms a step, 2.0 s in all",
        "MAE this run 2.000 naive 4.000 mean 9.000",
        "SimpleRNN 3 · mse · sgd 0.1 · batch 4 · dummy · 6 time steps",
    ):
        assert words in seen.text


def test_a_run_is_good_unless_its_gradients_are_not(tmp_path: Path) -> None:
    tones = {"vanishing": "worrying", None: "good"}
    for verdict, tone in tones.items():
        assert f'class="verdict {tone}"' in page_of(made_run(tmp_path, verdict=verdict))
    assert 'class="verdict bad"' in page_of(made_run(tmp_path, stopped="failed"))


def test_the_first_card_says_what_the_network_is_worth_or_that_it_diverged(tmp_path: Path) -> None:
    worth = "beats repeating last year by 45 % (MAE 12.36 instead of 22.45)"
    metrics = {"test_mae": 12.36, "naive_mae": 22.45}
    card = page_of(made_run(tmp_path, metrics=metrics, worth=worth)).split("</section>")[0]
    assert f"<h2>B{worth[1:]}</h2>" in card
    assert "<dt>training</dt><dd>Loss 1.000 → 0.1250 in 8 steps" in card
    assert "MAE 12.36 (naive 22.45)" in card
    card = page_of(made_run(tmp_path, metrics=metrics, worth="diverged: never finite")).split("</section>")[0]
    assert "<h2>Diverged: never finite</h2>" in card
    assert "MAE 12.36" not in card


def test_figures_hold_what_the_record_holds(tmp_path: Path) -> None:
    drawn = figures(page_of(made_run(tmp_path)))
    training, validation = drawn["loss"]["traces"]
    assert training["x"] == list(range(1, 9))
    np.testing.assert_allclose(training["y"], 1 / np.arange(1, 9), rtol=1e-4)
    assert (validation["x"], validation["y"]) == ([4, 8], [0.6, 0.7])
    assert drawn["loss"]["log"]["yaxis"]["type"] == "log"
    before, after = drawn["gradient"]["traces"]
    assert (set(before["y"]), set(after["y"])) == ({0.5}, {0.3})
    assert [trace["name"] for trace in drawn["weights"]["traces"]] == list(WEIGHTS)
    (heat,) = drawn["heat-0"]["traces"]
    np.testing.assert_allclose(heat["z"][0], np.log10(0.5 ** np.arange(5, -1, -1)), atol=1e-3)


@pytest.mark.parametrize(
    ("stopped", "told"),
    [
        (None, ["interrupted", "its process is gone", "rnnctl resume"]),
        ("interrupted", ["interrupted", "rnnctl resume"]),
        ("failed", ["failed", "why the disk is full"]),
        ("early stopping", ["done, stopped early"]),
    ],
)
def test_a_run_that_is_not_done_says_why_and_how_to_go_on(tmp_path: Path, stopped: str, told: list[str]) -> None:
    reason = {"reason": "the disk is full"} if stopped == "failed" else {}
    text = Seen(page_of(made_run(tmp_path, stopped=stopped, **reason))).text
    for words in told:
        assert words in text


def test_a_run_of_no_steps_and_one_of_no_norms_have_a_page(tmp_path: Path) -> None:
    page = page_of(made_run(tmp_path, steps=0, stopped=None))
    assert "No step was recorded" in Seen(page).text
    assert "<script" not in page
    bare = page_of(made_run(tmp_path, records=[made_step(1, through_time=False, gradient_norms={})]))
    assert "heat-0" not in figures(bare)


def test_losses_that_are_not_finite_leave_a_page_that_says_so(tmp_path: Path) -> None:
    records = [made_step(1), made_step(2, loss=float("nan"), gradient_norm=float("inf"))]
    page = page_of(made_run(tmp_path, records=records, stopped="non-finite", reason="step 2: the loss is nan"))
    assert "Loss 1.000 → not finite in 2 steps" in Seen(page).text
    assert figures(page)["loss"]["traces"][0]["y"] == [1]


@pytest.mark.parametrize("name", ["../../x", "<script>alert(1)</script>", "a\nb", "n" * 300])
def test_hostile_names_stay_text(tmp_path: Path, name: str) -> None:
    odd = [made_step(step, gradient_norms=dict.fromkeys((HOSTILE, *WEIGHTS), 0.25)) for step in range(1, 9)]
    made = made_run(tmp_path, config=small_config(name="small"), records=odd)
    (made / "config.yaml").write_text(f"name: {json.dumps(name + HOSTILE)}\n")
    path = tmp_path / (name.replace("/", "_")[:200] + "-1")
    made.rename(path)
    (path / "environment.json").write_text(json.dumps({"format": 2, "versions": {}, "cpu": {"model": HOSTILE}}))
    write_test(path, [ForecastLine(HOSTILE, (1.0, 2.0, 3.0), (1.0, 2.0, 4.0), HOSTILE, ("<b>", "b", "c"))])
    other = made_run(tmp_path)
    for page in (page_of(path), page_of(path, other)):
        seen = Seen(page)
        assert seen.tags.count("script") == 3  # the figures, Plotly, and what draws them
        assert "img" not in seen.tags
        assert "alert(1)" in seen.text
        texts = [trace.get("name", "") for figure in figures(page).values() for trace in figure["traces"]]
        assert not any("<" in text for text in texts)


@settings(max_examples=15, deadline=None)
@given(text=st.text(max_size=40))
def test_any_text_of_a_record_is_shown_as_text(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = made_run(tmp_path_factory.mktemp("runs"), stopped="failed", reason=text)
    write_test(path, Confusion((text, "b"), ((1, 2), (3, 4))))
    assert Seen(page_of(path)).tags.count("script") == 3


def test_time_steps_are_counted_back_unless_sequences_end_at_different_ones(tmp_path: Path) -> None:
    whole = figures(page_of(made_run(tmp_path)))["profile"]
    assert whole["traces"][0]["x"] == [5, 4, 3, 2, 1, 0]
    ragged = [
        made_step(1, state_gradient_norms={"recurrent_0/h": (0.1, 0.2, 0.4, 0.0, 0.0, 0.0)}),
        made_step(2, state_gradient_norms={"recurrent_0/h": (0.1, 0.2, 0.4, 0.8)}),
    ]
    drawn = figures(page_of(made_run(tmp_path, records=ragged, reach=None, verdict=None)))
    first, last = drawn["profile"]["traces"]
    assert (first["x"], first["y"][:4]) == ([1, 2, 3, 4, 5, 6], [0.1, 0.2, 0.4, None])
    assert drawn["profile"]["layout"]["xaxis"]["title"]["text"] == "time step"
    assert last["y"][:2] == [0.1, 0.2]
    (heat,) = drawn["heat-0"]["traces"]
    assert heat["x"] == [3, 2, 1, 0]
    assert heat["z"] == [[None, -1, -0.699, -0.398], [-1, -0.699, -0.398, -0.097]]
    assert drawn["heat-0"]["layout"]["xaxis"]["title"]["text"] == "time steps back"


def test_several_runs_stand_side_by_side(tmp_path: Path) -> None:
    runs = [made_run(tmp_path), made_run(tmp_path, config=small_config("lstm"), steps=4)]
    page = page_of(*runs)
    seen, drawn = Seen(page), figures(page)
    assert "model.layers.0.cell simple_rnn lstm" in seen.text
    names = [trace["name"] for trace in drawn["loss"]["traces"]]
    assert names == ["small-1", "small-1, validation", "small-2", "small-2, validation"]
    assert [trace["name"] for trace in drawn["profile-0"]["traces"]] == ["small-1", "small-2"]
    assert {"heat-0", "heat-1"} <= set(drawn)


@pytest.mark.parametrize(
    ("data", "many", "words"),
    [
        ({"kind": "dummy"}, False, "30 of 40 sequences right. A row is a true class, in shares of its sequences."),
        ({"kind": "dummy"}, True, "30 of 40 time steps right. A row is a true class, in shares of its time steps."),
        ({"kind": "text", "path": "a.txt"}, True, "30 of 40 time steps right."),
        ({"kind": "csv", "path": "a.csv", "target": ["y"], "task": "per_step", "features": ["x"]}, True,
         "30 of 40 time steps right."),
        ({"kind": "csv", "path": "a.csv", "target": ["y"], "window": {"length": 3}}, False,
         "30 of 40 forecasts right."),
        ({"kind": "csv", "path": "a.csv", "target": ["y"], "task": "per_sequence", "series": "s", "features": ["x"]},
         False, "30 of 40 sequences right."),
    ],
)  # fmt: skip
def test_a_confusion_matrix_counts_what_a_class_is_told_of(tmp_path: Path, data, many, words) -> None:
    model = {"layers": [{"cell": "gru", "units": 2}], "return_sequences": many}
    target = {"columns": {"y": "category"}} if data["kind"] == "csv" else {}
    loss = "categorical_crossentropy" if data["kind"] != "dummy" else "mse"
    path = made_run(tmp_path, config=small_config(data=data | target, model=model, loss=loss))
    write_test(path, Confusion(("a", "b"), ((30, 10), (0, 0))))
    assert words in Seen(page_of(path)).text


def test_the_test_split_is_shown_where_it_was_kept(tmp_path: Path) -> None:
    path = made_run(tmp_path)
    write_test(path, Confusion(("a", "b"), ((30, 10), (0, 0))))
    page = page_of(path)
    assert "30 of 40 sequences right" in Seen(page).text
    (trace,) = figures(page)["test"]["traces"]
    assert trace["z"] == [[0.75, 0.25], [None, None]]
    write_test(path, [ForecastLine("y", (1.0, None), (1.5, 2.5), at=("2001-01-01", "2001-01-02"))] * 9)
    page = page_of(path)
    truth, forecast = figures(page)["test-0"]["traces"]
    assert (truth["y"], forecast["y"]) == ([1.0, None], [1.5, 2.5])
    assert figures(page)["test-0"]["layout"]["xaxis"]["type"] == "category"  # two dates make no axis of time
    others = figures(page)["test-others"]
    assert [trace["visible"] for trace in others["traces"]] == [True, True, *[False] * 10]
    assert [button["label"] for button in others["layout"]["updatemenus"][0]["buttons"]] == ["y"] * 6


def test_the_parts_of_the_test_stand_below_its_scores(tmp_path: Path) -> None:
    def part(series: str | None, ahead: int | None, mase: float) -> Part:
        return Part(series, "y", ahead, 4, {"mae": mase, "mase": mase}, {"naive": {"mae": 1.0, "mase": 1.0}})

    path = made_run(tmp_path)
    steps = tuple(part(None, ahead, 0.5 + ahead / 8) for ahead in (1, 2))
    series = tuple(part(f"shop {place}", None, 1.625 - place / 8) for place in range(12))
    whole = {"mae": 0.9375, "mase": 0.9375}
    scores = Scores(whole, {"naive": {"mae": 1.0, "mase": 1.0}}, 8, over="8 forecasts", by_step=steps, by_series=series)
    write_test(path, [ForecastLine("y", (1.0,), (1.5,))], scores)
    page = page_of(path)
    text = Seen(page).text
    places = [
        text.index(told) for told in ("Test", "Pooled over 8 forecasts", "By rows ahead", "By series", "Training")
    ]
    assert places == sorted(places)
    for told in ("shop 0 (worst)", "shop 11 (best)", "7 of 12 rows of this table; all are in rnnctl evaluate -o"):
        assert told in text
    assert "1.625" in text


def test_forecasts_of_several_rows_are_drawn_as_paths_from_the_last_value_seen(tmp_path: Path) -> None:
    path = made_run(tmp_path)
    standings = {"a": "worst", "b": "median", "c": "best"}
    lines = [
        ForecastPaths(
            "y", (1.0, 2.0, None, 4.0), ((0, (5.0, 6.0)), (2, (7.0, 8.0))), name, standing=standings.get(name)
        )
        for name in "abcd"
    ]
    write_test(path, lines)
    page = page_of(path)
    truth, paths = figures(page)["test-0"]["traces"]
    assert (truth["x"], truth["y"]) == ([1, 2, 3, 4], [1, 2, None, 4])
    assert paths["x"] == [1, 2, None, 2, 3, 4, None]
    assert paths["y"] == [5, 6, None, 2, 7, 8, None]
    text = Seen(page).text
    assert all(f"y of {name}: the {standing} series" in text for name, standing in standings.items())
    assert page.index(">y of a") < page.index(">Loss<")  # the result stands above the curves of training
    assert len(figures(page)["test-others"]["traces"]) == 2
    assert page.count('<figure class="wide screen">') == 1  # nothing can be chosen on paper
    assert "Other series, on the screen alone: d." in text
    beside = figures(runs_page([view_run(path), view_run(path)]))
    assert {name for name in beside if name.startswith("test")} == {"test-0", "test-1"}


def test_of_many_targets_and_series_six_lines_have_pictures_target_after_target() -> None:
    standings = {"a": "worst", "b": "median", "c": "best"}
    lines = tuple(
        ForecastLine(target, (1.0, 2.0), (1.0, 2.0), name, standing=standings.get(name))
        for name in "abcd"
        for target in ("flow", "level", "depth")
    )
    drawn: dict[str, Figure] = {}
    panels = prediction_panels(lines, "test", drawn, one="")
    titles = re.findall("<h3>(.*?)</h3>", "".join(panels))
    places = [f"{name}: the {standings[name]} series" for name in "abc"]
    assert titles == [*(f"{target} of {place}" for target in ("flow", "level") for place in places),
                      "Other series and targets"]  # fmt: skip
    labels = [button["label"] for button in drawn["test-others"]["layout"]["updatemenus"][0]["buttons"]]
    assert len(labels) == 6
    assert labels[:2] == ["depth of a: the worst series", "depth of b: the median series"]


def test_a_long_run_makes_a_page_under_three_megabytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    losses = rng.lognormal(size=20_000).tolist()
    records = [
        made_step(number, loss=loss, through_time=False, gradient_norms=dict.fromkeys(WEIGHTS, loss))
        for number, loss in enumerate(losses, start=1)
    ]
    path = made_run(tmp_path, records=records)
    out = report(path)
    assert out == path / "report.html"
    assert out.stat().st_size < 3_000_000
    page = out.read_text()
    assert "20,000 steps in 1,000 columns" in page
    high = figures(page)["loss"]["traces"][1]["y"]
    assert max(high) == pytest.approx(max(losses), rel=1e-4)


def test_classes_that_are_the_same_once_cut_stay_apart(tmp_path: Path) -> None:
    path = made_run(tmp_path)
    long = "customer segment, Europe, north-west"
    write_test(path, Confusion((f"{long}, a", f"{long}, b", "c"), ((3, 1, 0), (0, 2, 2), (1, 0, 3))))
    (trace,) = figures(page_of(path))["test"]["traces"]
    assert len(set(trace["x"])) == 3
    assert trace["x"] == trace["y"] == ["customer segment, Europe, nor… 1", "customer segment, Europe, nor… 2", "c"]


def test_a_space_and_a_line_break_are_classes_that_are_seen(tmp_path: Path) -> None:
    path = made_run(tmp_path, verdict=None, worth="not better than guessing from the last token alone (…)")
    write_test(path, Confusion((" ", "\n", "1", "\t"), ((1, 0, 0, 0),) * 4))
    page = page_of(path)
    (trace,) = figures(page)["test"]["traces"]
    assert trace["x"] == trace["y"] == ["␣", "\\n", "1", "\\t"]
    assert 'class="verdict worrying"' in page  # though the gradients are well


def test_the_log_axis_reaches_to_all_that_is_drawn(tmp_path: Path) -> None:
    path = made_run(tmp_path, records=[made_step(number, loss=100.0 + number) for number in range(1, 9)])
    drawn = figures(page_of(path))["loss"]
    assert [min(trace["y"]) for trace in drawn["traces"]] == [101.0, 0.6]
    assert not {"range", "tickvals"} & set(drawn["log"]["yaxis"])  # so Plotly takes them from the traces


def test_a_step_of_any_number_has_a_place(tmp_path: Path) -> None:
    path = made_run(tmp_path, records=[made_step(1), made_step(2**53 - 1)])
    assert figures(page_of(path))["loss"]["traces"][0]["x"][-1] == pytest.approx(2**53, rel=1e-6)
