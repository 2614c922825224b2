"""What a notebook does: train in one call, look at the run, predict, save it, open it again."""

from __future__ import annotations

import gc
import importlib.util
import math
import sys
from datetime import date

import numpy as np
import polars as pl
import pytest
from cli.fakes import FakeRun, summary
from polars.testing import assert_frame_equal
from small import small_config

import rnnctl
from rnnctl.api.train import _finished
from rnnctl.runs.jsonl import summary_from_json
from rnnctl.util.progress import listening, notify

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # get_weights

FRAME = pl.DataFrame({"day": range(60), "value": [math.sin(day / 3) for day in range(60)]})


@pytest.fixture(scope="module")
def config_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "waves.yaml"
    FRAME.write_csv(path.with_suffix(".csv"))
    path.write_text(
        "data: {kind: csv, path: waves.csv, time: day, target: [value], window: {length: 6}}\n"
        "model: {layers: [{cell: simple_rnn, units: 3}]}\ntraining: {epochs: 2, batch_size: 8}\n"
    )
    return path


@pytest.fixture(scope="module")
def run(config_file):
    return rnnctl.train(config_file)


def test_the_history_has_a_row_for_each_step_and_the_validation_loss_after_each_epoch(config_file, run, tmp_path):
    steps = rnnctl.train_steps(rnnctl.load_config(config_file), out=tmp_path)
    events = list(steps.events())
    records = [event for event in events if isinstance(event, rnnctl.StepRecord)]
    assert run.history["step"].to_list() == [record.step for record in records]
    for name in ("loss", "gradient_norm", "learning_rate"):
        np.testing.assert_allclose(run.history[name], [getattr(record, name) for record in records], rtol=1e-6)
    for path in steps.header.weight_paths:
        norms = np.array([record.gradient_norms[path] for record in records], np.float32)
        np.testing.assert_array_equal(run.history[f"gradient_norms/{path}"], norms)
    validations = {event.step: event.loss for event in events if isinstance(event, rnnctl.ValidationRecord)}
    measured = run.history.drop_nulls("validation_loss")
    assert dict(zip(measured["step"], measured["validation_loss"], strict=True)) == pytest.approx(validations)
    assert run.summary.metrics == pytest.approx(steps.summary.metrics)
    assert (run.summary.steps, run.summary.stopped) == (len(records), "finished")
    assert rnnctl.evaluate(steps).scores.metrics == rnnctl.evaluate(run).scores.metrics


def test_a_saved_run_is_the_same_object_after_it_is_opened_again(run, tmp_path):
    saved = run.save(tmp_path / "kept")
    opened = rnnctl.open_run(tmp_path / "kept")
    assert opened.summary == saved.summary == run.summary
    assert_frame_equal(opened.history, run.history)
    for one, other in zip(opened.model.get_weights(), run.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert_frame_equal(opened.predict(horizon=3), run.predict(horizon=3))
    assert opened.evaluate().scores.metrics == run.evaluate().scores.metrics
    assert opened.inspect_gradients().verdict == rnnctl.inspect_gradients(run).verdict
    with pytest.raises(rnnctl.RunError, match="kept: cannot create it"):
        run.save(tmp_path / "kept")


def test_functions_take_a_run_like_its_folder(run):
    assert run.summary.metrics["test_mae"] == pytest.approx(rnnctl.evaluate(run).scores.metrics["mae"])
    with pytest.raises(rnnctl.RunError, match="this run writes no folder"):
        rnnctl.evaluate(rnnctl.train_steps(small_config()))


def test_results_show_themselves_in_a_notebook(run):
    assert "waves-1" in run._repr_html_()
    assert "<svg" in run._repr_html_()
    assert "naive" in run.evaluate()._repr_html_()


def test_a_run_that_fails_leaves_no_temporary_folder(config_file, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(rnnctl.DataError):
        rnnctl.train(config_file, data=FRAME.drop("value"))
    assert list(tmp_path.iterdir()) == []


def test_a_polars_frame_takes_the_place_of_the_file_and_is_saved_with_the_run(
    config_file, run, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "pandas", None)  # importing it would be an error
    framed = rnnctl.train(config_file, data=FRAME, progress=True)
    shown = capsys.readouterr().err  # one line, rewritten in place
    assert shown.count("\n") == 1
    drawn = [text for text in shown.split("\r") if text.strip()]
    steps = [text for text in drawn if not text.startswith("waves: compiling ")]  # on a slow machine
    assert steps[0].startswith("waves: step 1 of ")
    assert "waves: finished after" in shown.rpartition("\r")[2]
    np.testing.assert_array_equal(framed.history["loss"], run.history["loss"])
    saved, temporary = framed.save(tmp_path / "kept"), framed.path.parent
    assert temporary.is_dir()
    del framed
    gc.collect()
    assert not temporary.exists()
    longer = rnnctl.resume(saved, steps=run.summary.steps + 3)
    assert longer.summary.steps == run.summary.steps + 3 == len(longer.history)
    np.testing.assert_array_equal(longer.history["loss"][:-3], run.history["loss"])
    assert saved.predict(data=FRAME.head(40), horizon=2)["day"].to_list() == [40, 41]
    assert rnnctl.evaluate(saved, data=FRAME.lazy()).sequences > 0


def test_the_line_shows_what_compiles_and_other_notes_go_to_who_listened_before(monkeypatch, capsys):
    class Compiles(FakeRun):
        model = None

        def events(self):
            notify("converting it")
            notify("compiling it, usually about 9 s", None, 0.9)
            notify("compiling it, usually about 9 s", None, 3.0)
            notify("compiling it, usually about 9 s", 1.0, 3.1)
            yield from super().events()

    monkeypatch.setattr("rnnctl.api.train.Run", lambda *_, **__: None)
    heard = []
    with listening(lambda text, share, seconds=None: heard.append((text, share, seconds))):
        _finished(Compiles([summary()]), progress=True, temporary=None)
    assert heard == [("converting it", None, None)]
    first, *gone, last = capsys.readouterr().err.strip("\r\n").split("\r")
    assert first == "first-step: compiling it, usually about 9 s: 3.0 s"
    assert not "".join(gone).strip()
    assert last.startswith("first-step: finished after 3 steps")


def test_with_a_folder_the_frame_lies_beside_the_run_and_trackers_follow(config_file, tmp_path, capsys):
    followed = importlib.util.find_spec("tensorboard") is not None
    following = rnnctl.Following([rnnctl.TensorBoard(str(tmp_path / "tb"))]) if followed else None
    run = rnnctl.train(config_file, data=FRAME, out=tmp_path / "runs", following=following)
    assert capsys.readouterr().err == ""  # no terminal, no progress line
    assert bool(list(tmp_path.rglob("events.out.tfevents.*"))) == followed
    frame = run.config.data.path
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == sorted([run.path.name, frame.name])
    assert_frame_equal(pl.read_parquet(frame), FRAME)
    assert rnnctl.verify(run).same


def test_what_is_no_table_is_refused(config_file, tmp_path):
    with pytest.raises(rnnctl.DataError, match="list is no table; give a pandas or Polars DataFrame"):
        rnnctl.train(config_file, data=[1, 2])
    with pytest.raises(rnnctl.DataError, match=r"place of a table's file, and data\.kind is dummy"):
        rnnctl.train(small_config(), data=FRAME)
    with pytest.raises(rnnctl.RunError, match="there is no such folder"):
        rnnctl.open_run("nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(rnnctl.RunError, match="loop: cannot create it: File exists"):
        rnnctl.train(config_file, data=FRAME, out=tmp_path / "loop")


def test_pandas_frames_are_read_with_their_index_and_what_they_miss():
    pd = pytest.importorskip("pandas")
    from rnnctl.workflows.frames import to_polars

    frame = pd.DataFrame(
        {
            "number": [1.5, None],
            "whole": pd.array([1, None], dtype="Int64"),
            "word": ["a", None],
            "kind": pd.Categorical(["x", "y"]),
            "yes": [True, False],
            "there": pd.to_datetime(["2020-01-01T00:00Z", None]),
        },
        index=pd.DatetimeIndex(["2020-01-01", "2020-01-02"], name="day"),
    )
    read = to_polars(frame)
    assert read.columns == ["day", *frame.columns]
    assert read["day"].dt.date().to_list() == [date(2020, 1, 1), date(2020, 1, 2)]
    assert read["number"].to_list() == [1.5, None]
    assert read["whole"].to_list() == [1, None]
    assert read["word"].to_list() == ["a", None]
    assert read["kind"].to_list() == ["x", "y"]
    assert read["yes"].to_list() == [True, False]
    assert read["there"].null_count() == 1
    with pytest.raises(rnnctl.DataError, match="two columns of the DataFrame have the same name"):
        to_polars(pd.concat([frame, frame], axis=1))
    with pytest.raises(rnnctl.DataError, match="column 'a': its values are of several types"):
        to_polars(pd.DataFrame({"a": [1, "x", object()]}))


def test_numbers_of_a_summary_that_are_not_finite_come_back(tmp_path):
    fields = {"steps": 1, "epochs": 0, "first_loss": None, "final_loss": None, "best_validation_loss": None}
    fields |= {"best_epoch": None, "stopped": "non-finite", "seconds": 1.0, "milliseconds_per_step": None}
    read = summary_from_json(fields | {"test_mae": 0.5, "reach": [3, 4], "non_finite": {"final_loss": "nan"}}, tmp_path)
    assert math.isnan(read.final_loss)
    assert (read.first_loss, read.metrics, read.reach) == (None, {"test_mae": 0.5}, (3, 4))
    with pytest.raises(rnnctl.RunError, match="stopped is missing; the file was changed"):
        summary_from_json({"steps": 1}, tmp_path)
