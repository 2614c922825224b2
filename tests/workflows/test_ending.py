"""What a run's end says of its network: the sentence of `evaluate`, or that training diverged."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from small import small_config

import rnnctl
from rnnctl.cli.console.lines import summary_lines
from rnnctl.cli.console.style import Style
from rnnctl.config.schema import Config
from rnnctl.errors import DataError
from rnnctl.report.evaluation_words import verdict
from rnnctl.results.evaluation import Scores
from rnnctl.results.training import ValidationRecord
from rnnctl.runs.run_record import read_run_record
from rnnctl.schema.split import Split
from rnnctl.training.build import prepare
from rnnctl.workflows.ending import said_of, why_diverged

PLAIN = Style(width=100, terminal=False, colour=False)
YEARS = np.arange(1900, 1960)
VALUES = np.where(YEARS % 2, 10.0, 30.0) + np.sin(YEARS)


def config_of(folder, steps, rate, values=VALUES, **training):
    rows = "\n".join(f"{year},{value:.3f}" for year, value in zip(YEARS, values, strict=True))
    (folder / "x.csv").write_text(f"year,y\n{rows}\n")
    data = {"kind": "csv", "path": str(folder / "x.csv"), "time": "year", "target": ["y"], "window": {"length": 4}}
    return Config.model_validate({
        "data": data, "model": {"layers": [{"cell": "simple_rnn", "units": 4}]},
        "optimizer": {"kind": "sgd", "learning_rate": rate}, "training": {"steps": steps, **training},
    })  # fmt: skip


def trained(folder, steps, rate, *args, **training):
    run = rnnctl.train_steps(config_of(folder, steps, rate, *args, **training), out=folder / "runs")
    list(run)
    return run


def test_training_and_evaluate_say_the_same_and_it_is_kept_in_the_run(tmp_path):
    run = trained(tmp_path, 60, 0.1)
    values = VALUES.round(3)
    theirs = np.abs(values[-9:] - values[-11:-2]).mean()  # 15 % of 60 rows are for the test
    mine = run.summary.metrics["test_mae"]
    assert run.summary.worth == (
        f"beats repeating the values of 2 rows before by {100 * (theirs - mine) / theirs:.0f} % "
        f"(MAE {mine:.4f} instead of {theirs:.3f})"
    )
    found = rnnctl.evaluate(run.folder)
    assert found.scores.metrics["mae"] == mine  # by the same engine, to the last bit
    assert run.summary.worth in verdict(found).sentence
    assert summary_lines(run.summary, None, 60, PLAIN).split("\n")[-1] == run.summary.worth
    assert read_run_record(run.folder).summary["worth"] == run.summary.worth


def test_a_weight_to_be_chosen_without_validation_rows_is_refused_and_the_advice_helps(tmp_path):
    def made(parts, weight):
        rows = [f"{place},{at},{part},{at % 3}" for place, part in enumerate(parts) for at in range(6)]
        (tmp_path / "x.csv").write_text("s,t,part,y\n" + "\n".join(rows) + "\n")
        data = {"kind": "csv", "path": str(tmp_path / "x.csv"), "time": "t", "series": "s", "target": ["y"]}
        data |= {"task": "next_step", "split": {"column": "part"}}
        return prepare(Config.model_validate({"data": data, "training": {"naive_weight": weight}}))

    with pytest.raises(
        DataError, match=r"chosen on the validation rows, and there are none; hold some out .data\.split"
    ):
        made(("train", "train", "test"), "auto")
    assert made(("train", "train", "test"), 0.5).dataset.validation is None
    assert made(("train", "validation", "test"), "auto").dataset.validation is not None


WALK, OTHER = (np.random.default_rng(seed).normal(0, 1, len(YEARS)).cumsum() + 50 for seed in (0, 4))
WAVE = 10 * np.sin(YEARS / 1.7)


@pytest.mark.parametrize(("values", "steps", "weight"), [(WALK, 1, 1), (OTHER, 1, 0.25), (WAVE, 300, 0)])
def test_a_forecast_is_the_naive_one_by_as_much_as_the_validation_rows_say(tmp_path, values, steps, weight):
    run = trained(tmp_path, steps, 0.1, values, naive_weight="auto")
    values, scaler = values.round(3), run.dataset.target_scaler

    def network(last):
        shown = (values[last + np.arange(-3, 1)[:, None]].T - scaler.center) / scaler.scale
        said = np.asarray(run.model(shown[:, :, None].astype(np.float32))).astype(np.float64)
        return said[:, 0] * scaler.scale + scaler.center

    rows = {"validation": np.arange(41, 50), "test": np.arange(50, 59)}  # before each forecast: 15 % of 60 rows
    found = json.loads((run.folder / "combination.json").read_text())
    back = found["season"] or 1
    last = rows["validation"]
    naive = {"1": values[last]} | ({str(back): values[last + 1 - back]} if back > 1 else {})
    errors = {who: np.abs(said - values[last + 1]).mean() for who, said in naive.items()}
    assert errors[str(back)] == min(errors.values())
    assert found["naive_errors"].items() >= {who: pytest.approx(error) for who, error in errors.items()}.items()
    told = {}
    for one in (1, 0.75, 0.5, 0.25, 0):
        said = (1 - one) * network(last) + one * naive[str(back)]
        told[f"{one:g}"] = np.abs(said - values[last + 1]).mean()
    assert found["errors"] == {one: pytest.approx(error, rel=1e-4) for one, error in told.items()}
    best = float(min(told, key=told.get))
    assert (found["weight"], found["chosen"], best) == (weight, True, weight)
    # Evaluate and predict give that very forecast, and say so.
    last = rows["test"]
    said = (1 - best) * network(last) + best * values[last + 1 - back]
    found, ahead = rnnctl.evaluate(run.folder), rnnctl.predict(run.folder, horizon=1)
    assert found.scores.metrics["mae"] == pytest.approx(np.abs(said - values[last + 1]).mean(), rel=1e-4)
    assert dict(run.summary.metrics)["test_mae"] == pytest.approx(found.scores.metrics["mae"], rel=1e-6)  # TensorFlow's
    level = values[-back]
    sentences = found.notes, ahead.notes, (run.summary.worth,), (verdict(found).sentence,)
    if best == 1:
        assert ahead.frame["y"].to_list() == [level]
        assert found.scores.metrics == found.scores.baselines["naive" if back == 1 else "seasonal_naive"]
        assert found.results[0].forecast == tuple(values[last + 1 - back])
        told = "on the validation rows: the network's share is 0, so this forecast is the naive one"
        assert [any(told in text for text in texts) for texts in sentences] == [False, True, True, True]
        assert told in unescape((run.folder / "report.html").read_text())
    else:
        assert ahead.frame["y"][0] == pytest.approx((1 - best) * network([59])[0] + best * level, rel=1e-5)
        assert [any(" network and " in text for text in texts) for texts in sentences[1:]] == [best > 0] * 3


@pytest.mark.parametrize(
    ("losses", "mae", "begin"),
    [
        ((np.inf, np.nan), 1.0, "the validation loss was never finite"),
        ((np.inf, 0.5), np.nan, "the network's answers are not finite"),
        ((), np.inf, "the network's answers are not finite"),
        ((np.nan,), None, "the validation loss was never finite"),
        ((np.inf, 0.5), 1.0, ""),
        ((), None, ""),
    ],
)
def test_a_run_diverged_where_no_validation_or_no_metric_is_finite(losses, mae, begin):
    checks = [ValidationRecord(at, at, loss, is_best=False) for at, loss in enumerate(losses, 1)]
    scores = None if mae is None else Scores({"mae": mae}, {"naive": {"mae": 2.0}}, 3)
    why = why_diverged(checks, scores, small_config(), None)
    assert why.startswith(begin)
    assert bool(why) is bool(begin)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            {45: "1e30", 48: "1e30"},
            r"'y' is 1e\+30 in 2 cells \(lines 47, 50\), far from all others; if that stands",
        ),
        ({50: "-1e25"}, r"'y' is -1e\+25 in 1 cell \(line 52\)"),
        ({45: "9.0"}, "lower optimizer.learning_rate"),
    ],
)
def test_values_that_no_loss_can_be_finite_for_are_named_in_place_of_the_rate(tmp_path, cells, told):
    config = config_of(tmp_path, 1, 0.1)
    data = config.data.model_copy(update={"split": Split(validation=0.2, test=0.1)})
    lines = (tmp_path / "x.csv").read_text().splitlines()
    for row, cell in cells.items():
        lines[row + 1] = f"{YEARS[row]},{cell}"
    (tmp_path / "x.csv").write_text("\n".join(lines))
    config = config.model_copy(update={"data": data})
    why = said_of(prepare(config), [ValidationRecord(1, 1, np.inf, is_best=False)], None)
    assert why.startswith("diverged: the validation loss was never finite, ")
    assert re.search(told, why)
    assert ("learning_rate" in why) is (told == "lower optimizer.learning_rate")


def test_a_few_answers_that_are_no_numbers_are_counted():
    scores = Scores({"accuracy": 0.5}, {"majority": {"accuracy": 0.2}}, 370, not_finite=12)
    assert why_diverged((), scores, small_config(), None).startswith(
        "12 of the network's 370 answers are not finite numbers, so nothing is"
    )
    assert why_diverged((), replace(scores, not_finite=370), small_config(), None).startswith(
        "the network's answers are not finite, so"
    )
    assert why_diverged((), replace(scores, not_finite=0), small_config(), None) == ""


def test_an_old_run_without_the_sentence_is_read(tmp_path):
    run = trained(tmp_path, 2, 0.01)
    file = run.folder / "summary.json"
    file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if '"worth"' not in line))
    assert "worth" not in read_run_record(run.folder).summary
    assert replace(run.summary, worth="").diverged is False
