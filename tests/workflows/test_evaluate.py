"""Runs scored again: the numbers of training, of the formulas, and of other files' rows."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import rnnctl
from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.engines.keras_network import KerasNetwork
from rnnctl.errors import ConfigError, DataError, RunError
from rnnctl.report.evaluation_parts import ranked_series
from rnnctl.results.evaluation import ForecastPaths, Scores
from rnnctl.results.training import ValidationRecord
from rnnctl.runs.jsonl import validation_line
from rnnctl.runs.test_results import read_test
from rnnctl.training.evaluate import Evaluator
from rnnctl.workflows import evaluate as module
from rnnctl.workflows.evaluate import evaluate, notes_of_options
from rnnctl.workflows.frames import as_given
from rnnctl.workflows.predict import predict
from rnnctl.workflows.train import train_steps

ROWS = 90
SHOP, CITY = np.random.default_rng(0).normal(size=(2, ROWS)).cumsum(axis=1) + 20


def write(path, first=0, last=ROWS):
    rows = [
        f"{name},{day},{values[day]}" for name, values in (("shop", SHOP), ("city", CITY)) for day in range(first, last)
    ]
    path.write_text("\n".join(["place,day,sales", *rows]) + "\n")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of a two-series forecast three rows ahead, and what it knew when it ended."""
    folder = tmp_path_factory.mktemp("evaluated")
    write(folder / "sales.csv")
    config = Config.model_validate(
        {
            "name": "sales",
            "seed": 1,
            "data": {
                "kind": "csv",
                "path": str(folder / "sales.csv"),
                "time": "day",
                "series": "place",
                "target": ["sales"],
                "window": {"length": 5, "horizon": 3},
                "split": {"validation": 10, "test": 20},
            },
            "model": {"layers": [{"cell": "simple_rnn", "units": 4}]},
            "optimizer": {"kind": "adam", "learning_rate": 0.01},
            "training": {"epochs": 2, "batch_size": 16},
        }
    )
    run = train_steps(config, out=folder)
    list(run)
    kept = json.loads((run.folder / "test.json").read_text())
    return SimpleNamespace(folder=folder, run=run, config=config, path=run.folder, kept=kept)


def test_a_run_scores_what_training_said_at_its_end(trained):
    found = evaluate(trained.path)
    assert found.scores.flat() == pytest.approx(dict(trained.run.summary.metrics), rel=1e-5)
    assert (found.run, found.split, found.task, found.step) == ("sales-1", "test", "forecast", None)
    assert (found.first, found.last, found.sequences) == (70, 89, 36)


def test_the_metrics_are_those_of_the_predictions_written_out_by_hand(trained):
    found = evaluate(trained.path, season=2)
    test = load_dataset(trained.config).test
    scaled = Evaluator(trained.run.model, lambda truth, said: truth, test).predict()
    center, scale = (
        scaler[0] for scaler in (trained.run.dataset.target_scaler.center, trained.run.dataset.target_scaler.scale)
    )
    errors, naive, seasonal, mase = [], [], [], []
    for number, values in enumerate((SHOP, CITY)):
        back = np.abs(values[2:60] - values[:58]).mean()
        for place in range(18):
            last = 69 + place
            ahead = values[last + 1 : last + 4]
            error = np.abs(scaled[18 * number + place].astype(np.float64) * scale + center - ahead)
            errors += error.tolist()
            mase += (error / back).tolist()
            naive += np.abs(values[last] - ahead).tolist()
            seasonal += np.abs(values[[last - 1, last, last - 1]] - ahead).tolist()
    assert found.scores.metrics["mae"] == pytest.approx(np.mean(errors), rel=1e-4)
    assert found.scores.metrics["mase"] == pytest.approx(np.mean(mase), rel=1e-4)
    assert found.scores.baselines["naive"]["mae"] == pytest.approx(np.mean(naive), rel=1e-4)
    assert found.scores.baselines["seasonal_naive"]["mae"] == pytest.approx(np.mean(seasonal), rel=1e-4)


def test_folds_are_stretches_of_time_that_together_are_the_split(trained):
    found = evaluate(trained.path, folds=4)
    assert [(fold.first, fold.last, fold.forecasts) for fold in found.folds] == [
        (69, 73, 10),
        (74, 78, 10),
        (79, 82, 8),
        (83, 86, 8),
    ]
    mean = np.average([fold.scores.metrics["mae"] for fold in found.folds], weights=[10, 10, 8, 8])
    assert mean == pytest.approx(found.scores.metrics["mae"], rel=1e-6)
    assert {fold.scores.season for fold in found.folds} == {found.scores.season}
    with pytest.raises(DataError, match=r"--folds 18 or fewer, or hold out more rows .data.split. and train again"):
        evaluate(trained.path, folds=19)


def test_folds_of_few_origins_ask_for_what_is_possible(trained, tmp_path):
    write(tmp_path / "one.csv", 82)
    with pytest.raises(DataError, match=r"all forecasts of the split have one origin.*; leave it out, or"):
        evaluate(trained.path, data=tmp_path / "one.csv", folds=2)
    write(tmp_path / "two.csv", 81)
    with pytest.raises(DataError, match=r"2 origins in time, which .*; ask for --folds 2, or give a file of more rows"):
        evaluate(trained.path, data=tmp_path / "two.csv", folds=3)
    assert len(evaluate(trained.path, data=tmp_path / "two.csv", folds=2).folds) == 2


def test_what_folds_and_a_season_cannot_say_is_told(trained, tmp_path):
    (note,) = evaluate(trained.path, season=90).notes
    assert note == "--season 90 is left out: no forecast has so many rows of its series before it"
    assert evaluate(trained.path, season=89).notes == evaluate(trained.path, folds=2).notes == ()
    dataset = load_dataset(Config.model_validate({"data": {"kind": "adding", "length": 5, "sequences": 40}}))
    (note,) = notes_of_options(dataset, Scores({}, {}, 9), None, 7)
    assert note == "--season 7 is left out: no numbers are forecast"


def test_each_row_ahead_and_series_is_scored_by_the_numbers_of_the_file(trained):
    found = evaluate(trained.path)
    for name, values in (("shop", SHOP), ("city", CITY)):
        part = next(part for part in found.scores.by_series if part.series == name)
        off = [np.abs(values[last] - values[last + 1 : last + 4]) for last in range(69, 87)]
        assert part.baselines["naive"]["mae"] == pytest.approx(np.mean(off), rel=1e-12)
    for part in found.scores.by_step:
        ahead = [abs(values[last] - values[last + part.ahead]) for values in (SHOP, CITY) for last in range(69, 87)]
        assert part.baselines["naive"]["mae"] == pytest.approx(np.mean(ahead), rel=1e-12)
    assert [part.ahead for part in found.scores.by_step] == [1, 2, 3]


def own(dataset, split, predictions):
    """``[series, windows, horizon]``: what is said of a split of the two series, in their units."""
    scaler = dataset.target_scaler
    return (predictions.astype(np.float64) * scaler.scale + scaler.center).reshape(2, -1, 3)


def ends_of(errors):
    """What 80 % intervals lie between, the forecast among it: of 14 to 16 errors 2 are cut off below and 1 above."""
    ranked = np.sort(errors, axis=0)
    return np.minimum(ranked[1], 0), np.maximum(ranked[-1], 0)


def test_intervals_hold_what_the_validation_forecasts_were_off_by(trained):
    dataset, model = trained.run.dataset, trained.run.model
    scaled = {
        name: Evaluator(model, lambda truth, said: truth, split).predict() for name, split in dataset.splits.items()
    }
    held, test = (own(dataset, name, scaled[name]) for name in ("validation", "test"))

    def ahead(values, last):
        return values[last + 1 : last + 4]

    off = {"model": [], "naive": []}
    for number, values in enumerate((SHOP, CITY)):
        for place, last in enumerate(range(59, 67)):
            off["model"].append(ahead(values, last) - held[number, place])
            off["naive"].append(ahead(values, last) - values[last])
    found = evaluate(trained.path, interval=[95, "80"], write=False)
    assert [note for note in found.notes if "--interval" in note] == [
        "--interval 95: left out: there are 16 validation forecasts, and it takes 19; hold out more rows "
        "(data.split.validation) and train again, or ask for --interval 94 or less"
    ]
    inside, width = {"model": [], "naive": []}, {}
    for who, errors in off.items():
        low, high = ends_of(errors)
        width[who] = (high - low).mean()
        for number, values in enumerate((SHOP, CITY)):
            for place, last in enumerate(range(69, 87)):
                middle = test[number, place] if who == "model" else values[last]
                truth = ahead(values, last)
                inside[who] += [(middle + low <= truth) & (truth <= middle + high)]
    for who in off:
        (score,) = [one for one in found.scores.intervals if (one.who, one.ahead) == (who, None)]
        assert (score.target, score.level, score.values) == ("sales", 80, 108)
        assert (score.coverage, score.width) == pytest.approx((np.mean(inside[who]), width[who]), rel=1e-3)
    band = found.results[0].bands[0]
    values = np.concatenate([path for _, path in found.results[0].paths])
    ends = np.tile(ends_of(off["model"]), (1, len(values) // 3))
    np.testing.assert_allclose([band.low, band.high], values + ends, rtol=1e-4)
    assert any("very rows" in note for note in evaluate(trained.path, split="validation", interval=80).notes)


def test_predict_has_intervals_that_widen_by_what_fed_back_forecasts_were_off_by(trained):
    found = predict(trained.path, horizon=7, interval=(80,))
    low, high, said = (
        found.frame[name].to_numpy().reshape(2, 7) for name in ("sales_low_80", "sales_high_80", "sales")
    )
    assert found.frame.columns == ["place", "day", "sales", "sales_low_80", "sales_high_80"]
    dataset = trained.run.dataset
    network = KerasNetwork(trained.config, trained.run.model)
    held = own(dataset, "validation", network.said(dataset, dataset.validation))
    off = [values[last + 1 : last + 4] - held[number, last - 59]
           for number, values in enumerate((SHOP, CITY)) for last in range(59, 67)]  # fmt: skip
    np.testing.assert_allclose(low[:, :3], said[:, :3] + ends_of(off)[0], rtol=1e-4)
    # A forecast of the 4th to 6th row after some validation row, from the file until there.
    fed_back = []
    for last in range(59, 66):
        write(trained.folder / "until.csv", last=last + 1)
        later = predict(trained.path, data=trained.folder / "until.csv", horizon=4).frame["sales"].to_numpy()
        fed_back += [SHOP[last + 4] - later[3], CITY[last + 4] - later[7]]
    below, above = ends_of(fed_back)
    np.testing.assert_allclose(low[:, 3], said[:, 3] + below, rtol=1e-4)
    np.testing.assert_allclose(high[:, 3], said[:, 3] + above, rtol=1e-4)
    far = predict(trained.path, horizon=12, interval=80)
    assert far.frame["sales_low_80"].is_null().to_list() == [*[False] * 9, *[True] * 3] * 2
    assert far.notes == (
        "--interval 80: left empty from 10 rows ahead on: there are 2 validation forecasts so far ahead, and it takes "
        "4; hold out more rows (data.split.validation) and train again, or ask for --interval 66 or less",
    )


def test_a_run_whose_validation_was_never_finite_has_diverged(trained):
    path = trained.path / "validation.jsonl"
    before = path.read_text()
    records = [ValidationRecord(step, step, loss, is_best=False) for step, loss in ((3, np.inf), (6, np.nan))]
    path.write_text("".join(map(validation_line, records)))
    try:
        found = evaluate(trained.path)
    finally:
        path.write_text(before)
    assert found.diverged.startswith("the validation loss was never finite, so no checkpoint is worth scoring")
    assert evaluate(trained.path).diverged == ""


def test_other_splits_are_scored_and_leave_the_tests_file_alone(trained):
    evaluate(trained.path)
    before = (trained.path / "test.json").read_bytes()
    found = evaluate(trained.path, split="validation")
    assert (found.split, found.first, found.last) == ("validation", 60, 69)
    assert (trained.path / "test.json").read_bytes() == before


def test_training_keeps_at_its_end_what_evaluate_keeps(trained):
    evaluate(trained.path)
    again = json.loads((trained.path / "test.json").read_text())
    assert trained.kept["metrics"] == pytest.approx(again["metrics"], rel=1e-5)
    assert trained.kept["baselines"] == again["baselines"]
    for before, after in zip(trained.kept["lines"], again["lines"], strict=True):
        for (first, values), (again_first, again_values) in zip(before.pop("paths"), after.pop("paths"), strict=True):
            assert (first, values) == (again_first, pytest.approx(again_values, rel=1e-5))
        assert before == after


def test_the_run_folder_keeps_the_truth_and_forecasts_of_three_rows_that_do_not_overlap(trained):
    evaluate(trained.path)
    _, lines = read_test(trained.path)
    assert [(line.series, line.output, line.standing) for line in lines] == [
        ("shop", "sales", None),
        ("city", "sales", None),
    ]
    for line, values in zip(lines, (SHOP, CITY), strict=True):
        assert isinstance(line, ForecastPaths)
        assert line.at == tuple(range(67, 90))  # as many rows as a forecast has before the first one
        assert line.truth == pytest.approx(values[67:], rel=1e-5)
        assert [first for first, _ in line.paths] == [5, 8, 11, 14, 17, 20]
        model, scaler = trained.run.model, trained.run.dataset.target_scaler
        first, path = line.paths[-1]
        seen = values[67 + first - 5 : 67 + first]
        given = np.asarray(model(((seen - scaler.center[0]) / scaler.scale[0])[None, :, None].astype(np.float32)))[0]
        assert path == pytest.approx(given * scaler.scale[0] + scaler.center[0], rel=1e-4)
    kept = json.loads((trained.path / "test.json").read_text())
    assert kept["metrics"]["mae"] == pytest.approx(trained.run.summary.metrics["test_mae"], rel=1e-5)


def test_another_file_is_scaled_as_the_runs_own_and_every_window_of_it_is_scored(trained):
    write(trained.folder / "late.csv", 65)
    found = evaluate(trained.path, data=trained.folder / "late.csv")
    assert (found.split, found.first, found.last, found.sequences) == ("all", 70, 89, 36)
    own = evaluate(trained.path, season=found.scores.season)
    assert found.scores.metrics["mae"] == pytest.approx(own.scores.metrics["mae"], rel=1e-5)
    assert found.scores.baselines["naive"]["mae"] == pytest.approx(own.scores.baselines["naive"]["mae"], rel=1e-5)
    # The mean, and the divisor of MASE, are those of the series of the same name in the run's own file.
    off = [
        np.abs(values[:60].mean() - values[last + 1 : last + 4]) for values in (SHOP, CITY) for last in range(69, 87)
    ]
    assert found.scores.baselines["mean"]["mae"] == pytest.approx(np.mean(off), rel=1e-12)
    assert found.scores.metrics["mase"] == pytest.approx(own.scores.metrics["mase"], rel=1e-5)
    assert found.scores.baselines["naive"]["mase"] == pytest.approx(own.scores.baselines["naive"]["mase"], rel=1e-12)


def test_a_frame_is_named_without_the_folder_that_it_passes_through(trained, tmp_path):
    write(tmp_path / "late.csv", 60)
    frame = pl.read_csv(tmp_path / "late.csv")
    found = evaluate(trained.path, data=frame)
    assert (found.data, evaluate(trained.path, data=tmp_path / "late.csv").data) == (
        "data.parquet",
        str(tmp_path / "late.csv"),
    )
    assert as_given(frame, Path("/tmp/x/data.parquet"), ("/tmp/x/data.parquet: 3",)) == ("data.parquet: 3",)
    assert as_given("./x.csv", Path("./x.csv"), ("../y.csv: see ./z",)) == ("../y.csv: see ./z",)


def test_without_the_runs_own_file_what_needs_its_training_rows_is_left_out(trained, tmp_path):
    write(tmp_path / "late.csv", 65)
    own = trained.folder / "sales.csv"
    hidden = own.rename(own.with_suffix(".hidden"))
    try:
        found = evaluate(trained.path, data=tmp_path / "late.csv")
        with pytest.raises(DataError, match=r"sales\.csv"):
            evaluate(trained.path)
        for ask in (evaluate, predict):
            with pytest.raises(
                DataError, match=r"calibrated on the run's own data: .*sales\.csv(.|\n)*leave out --interval"
            ):
                ask(trained.path, data=tmp_path / "late.csv", interval=80)
    finally:
        hidden.rename(own)
    assert set(found.scores.baselines) == {"naive"}
    assert "mase" not in found.scores.metrics
    assert any("baselines that need the run's training rows are left out" in note for note in found.notes)


def test_a_file_that_changed_is_not_taken_for_the_runs_own(trained):
    own = trained.folder / "sales.csv"
    before = own.read_bytes()
    own.write_bytes(before + b"shop,90,1.0\n")
    try:
        with pytest.raises(DataError, match=r"the data has changed since the run began.*--data"):
            evaluate(trained.path)
    finally:
        own.write_bytes(before)


def test_a_run_without_a_preparation_says_what_to_do(trained, tmp_path):
    kept, sums = trained.path / "preparation.json", trained.path / "SHA256SUMS"
    text, right = kept.read_text(), sums.read_bytes()
    write(tmp_path / "late.csv", 65)
    try:
        kept.unlink()
        with pytest.raises(RunError, match=r"no preparation\.json.*train it anew"):
            evaluate(trained.path, data=tmp_path / "late.csv")
        kept.write_text('{"scales": {"sales": [1]}}')
        with pytest.raises(RunError, match=r"preparation\.json: its bytes are not those that were written"):
            evaluate(trained.path, data=tmp_path / "late.csv")
        sums.unlink()  # as of an older run
        with pytest.raises(RunError, match=r"preparation\.json: scales\.sales\.1 is missing"):
            evaluate(trained.path, data=tmp_path / "late.csv")
    finally:
        kept.write_text(text)
        sums.write_bytes(right)


def test_a_folder_that_cannot_be_written_hides_no_result(trained, monkeypatch):
    def refuse(*_):
        raise RunError("no space")

    monkeypatch.setattr(module, "write_test", refuse)
    found = evaluate(trained.path)
    assert found.notes[-1] == "no space"
    assert found.scores.metrics


def test_made_up_data_is_scored_too_but_takes_no_file_and_no_folds(tmp_path):
    split = {"validation": 4, "test": 6}
    config = Config.model_validate(
        {
            "data": {"kind": "adding", "sequences": 30, "length": 6, "split": split},
            "model": {"layers": [{"cell": "simple_rnn", "units": 2}]},
            "training": {"steps": 2},
        }
    )
    run = train_steps(config, out=tmp_path)
    list(run)
    found = rnnctl.evaluate(run.folder)
    assert found.scores.entries == 6
    assert set(found.scores.baselines) == {"mean"}
    assert (found.first, found.last) == (None, None)
    with pytest.raises(ConfigError, match="the task of this run is per_sequence; leave it out"):
        evaluate(run.folder, folds=2)
    with pytest.raises(RunError, match=r"preparation\.json"):
        evaluate(run.folder, data=tmp_path / "x.csv")
    (run.folder / "preparation.json").write_text('{"scales": {}, "vocabularies": {}, "frequency": null}')
    (run.folder / "SHA256SUMS").unlink()  # of an older run
    with pytest.raises(DataError, match="made up"):
        evaluate(run.folder, data=tmp_path / "x.csv")


def test_a_split_whose_truth_is_known_nowhere_is_refused_before_training(tmp_path):
    rows = [f"{row},{'' if row >= 30 else row % 4}" for row in range(40)]
    (tmp_path / "marks.csv").write_text("\n".join(["x,mark", *rows]) + "\n")
    data = {"kind": "csv", "path": str(tmp_path / "marks.csv"), "task": "per_step", "features": ["x"]}
    data |= {"target": ["mark"], "missing": "forward", "split": {"validation": 5, "test": 10}}
    config = Config.model_validate({"data": data, "training": {"steps": 1}})
    with pytest.raises(DataError, match="of every sequence of the test split the target is missing"):
        list(train_steps(config, out=tmp_path))


def test_pictures_and_tables_agree_on_the_worst_the_median_and_the_best_series(tmp_path):
    random, lines = np.random.default_rng(5), ["t,s,y"]
    for place, name in enumerate("abcde"):
        walk = random.normal(size=40).cumsum() * (place + 1)
        lines += [f"{t},{name},{walk[t] + 20 * np.sin(t) * place}" for t in range(40)]
    (tmp_path / "five.csv").write_text("\n".join(lines) + "\n")
    data = {"kind": "csv", "path": str(tmp_path / "five.csv"), "time": "t", "series": "s", "target": ["y"]}
    data |= {"window": {"length": 3, "horizon": 2}, "split": {"validation": 0, "test": 12}}
    run = train_steps(Config.model_validate({"data": data, "training": {"steps": 3}}), out=tmp_path)
    list(run)
    (_, kept), found = read_test(run.folder), evaluate(run.folder)
    ranked = [one.part.series for one in ranked_series(found.scores)]
    for lines in (kept, found.results):  # those of training's end and evaluate's
        assert [(line.series, line.standing) for line in lines[:3]] == [
            (ranked[0], "worst"), (ranked[2], "median"), (ranked[4], "best"),
        ]  # fmt: skip
    assert f"of 5 series; worst: {ranked[0]!r}, whose error is" in run.summary.worth
    assert [line.standing for line in found.results[3:]] == [None, None]
    assert {line.series for line in found.results} == set("abcde")
