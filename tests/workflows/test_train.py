from __future__ import annotations

import dataclasses
import json
import os
import signal
import threading
import time

import numpy as np
import pytest
from safetensors.numpy import load_file
from small import small_config, with_split

from rnnctl.config import load_config
from rnnctl.config.dataset import load_dataset
from rnnctl.errors import NonFiniteError, RnnctlError, RunError
from rnnctl.model.weights import weight_arrays
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.listing import entry_of
from rnnctl.runs.run_folder import RunFolder
from rnnctl.training import build as build_module, steps_per_execution
from rnnctl.workflows import interrupts, report
from rnnctl.workflows.train import train_steps

RICH = small_config(
    data=with_split(),
    model={"layers": [{"cell": "simple_rnn", "units": 3, "dropout": 0.2}]},
    optimizer={"kind": "adam", "learning_rate": 0.05, "global_clipnorm": 0.5},
    training={"epochs": 30, "batch_size": 4, "early_stopping": {"patience": 3}},
)
"""Everything at once: dropout, clipping, validation, early stopping, a test split, a partial last batch."""


def _digits(records):
    """All that a record tells but the time it took."""
    return [dataclasses.replace(record, seconds=0.0) for record in records]


def _lines(folder):
    return [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    run = train_steps(RICH, out=tmp_path_factory.mktemp("runs"), command=["rnnctl", "train", "rich.yaml"])
    return run, list(run.events())


def _of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_steps_validations_and_a_summary_come_in_order(rich):
    run, events = rich
    records, validations = _of(StepRecord, events), _of(ValidationRecord, events)
    assert [record.step for record in records] == list(range(1, len(records) + 1))
    assert [validation.step for validation in validations] == [3 * (place + 1) for place in range(len(validations))]
    assert run.validations == validations
    assert events[-1] is run.summary
    assert len(_of(Summary, events)) == 1


def test_training_stops_early_and_keeps_the_best_epochs_weights(rich):
    run, _ = rich
    losses = [validation.loss for validation in run.validations]
    best = int(np.argmin(losses))
    assert run.summary.stopped == "early stopping"
    assert len(losses) == best + 1 + 3 < 30
    assert (run.summary.best_epoch, run.summary.best_validation_loss) == (best + 1, losses[best])
    everything = run.dataset.validation.gather(range(4))
    outputs = np.asarray(run.model(everything.inputs, training=False), np.float64)
    assert losses[best] == pytest.approx(np.square(outputs - everything.targets).mean(), rel=1e-6)


def test_the_summary_agrees_with_the_events(rich):
    run, events = rich
    records, summary = _of(StepRecord, events), run.summary
    assert (summary.steps, summary.epochs) == (len(records), len(records) // 3)
    assert (summary.first_loss, summary.final_loss) == (records[0].loss, records[-1].loss)
    assert 0 < 1000 * records[-1].seconds < 1000 * summary.seconds
    assert summary.milliseconds_per_step > 0
    tested = run.dataset.test.gather(range(2))
    outputs = np.asarray(run.model(tested.inputs, training=False), np.float64)
    assert summary.metrics["test_mae"] == pytest.approx(np.abs(outputs - tested.targets).mean(), rel=1e-5)


def test_the_run_folder_holds_all_that_was_told(rich):
    run, events = rich
    records = _of(StepRecord, events)
    lines = _lines(run.folder)
    assert [np.float32(line["loss"]) for line in lines] == [np.float32(record.loss) for record in records]
    assert [line["step"] for line in lines] == [record.step for record in records]
    validations = (run.folder / "validation.jsonl").read_text().splitlines()
    assert [json.loads(line)["loss"] for line in validations] == [event.loss for event in run.validations]
    summary = json.loads((run.folder / "summary.json").read_text())
    assert (summary["stopped"], summary["test_mae"]) == ("early stopping", run.summary.metrics["test_mae"])
    environment = json.loads((run.folder / "environment.json").read_text())
    assert environment["command"] == ["rnnctl", "train", "rich.yaml"]
    assert environment["batches_from"] == "device"
    assert (run.folder / "through_time" / "rows.bin").stat().st_size == len(records) * (8 + 4 * 4)


def test_the_final_weights_on_disk_are_the_models(rich):
    run, _ = rich
    saved = load_file(run.folder / "weights.safetensors")
    expected = weight_arrays(run.model)
    assert set(saved) == set(expected)
    for path, weight in expected.items():
        np.testing.assert_array_equal(saved[path], weight)


def test_the_config_in_the_run_folder_trains_again_to_the_same_digits(rich):
    run, events = rich
    again = train_steps(load_config(run.folder / "config.yaml"))
    repeated = list(again.events())
    assert _digits(_of(StepRecord, repeated)) == _digits(_of(StepRecord, events))
    assert _of(ValidationRecord, repeated) == _of(ValidationRecord, events)
    assert again.summary.metrics == run.summary.metrics
    for path, weight in weight_arrays(run.model).items():
        np.testing.assert_array_equal(weight_arrays(again.model)[path], weight)


def test_calls_of_any_size_and_the_order_of_their_telling_change_no_bit(rich, monkeypatch):
    monkeypatch.setattr(steps_per_execution, "STEPS_A_CALL", 1)
    again = train_steps(RICH)
    assert _digits(again) == _digits(_of(StepRecord, rich[1]))


def test_other_seeds_train_otherwise():
    losses = {seed: [record.loss for record in train_steps(small_config(seed=seed))] for seed in (0, 1)}
    assert not set(losses[0]) & set(losses[1])


def test_norms_through_time_are_told_as_often_as_asked_for():
    records = list(train_steps(small_config(gradients={"every": 4})))
    told = [record.step for record in records if record.state_gradient_norms is not None]
    assert (len(records), told) == (9, [1, 5, 9])


def test_norms_through_time_can_be_left_out(tmp_path):
    run = train_steps(small_config("lstm", gradients={"through_time": False}), out=tmp_path)
    assert all(record.state_gradient_norms is None for record in run)
    assert run.header.state_paths == ()
    assert not (run.folder / "through_time").exists()


def test_a_run_cannot_be_iterated_over_twice(rich):
    with pytest.raises(RnnctlError, match="prepare another one"):
        next(rich[0].events())
    assert len(_lines(rich[0].folder)) == rich[0].summary.steps


EXPLODING = small_config(
    model={"layers": [{"cell": "simple_rnn", "units": 3, "activation": "relu"}]},
    optimizer={"kind": "sgd", "learning_rate": 1e20},
    training={"steps": 400, "batch_size": 4},
    gradients={"every": 399},
)


@pytest.fixture(scope="module")
def exploded(tmp_path_factory):
    run, events = train_steps(EXPLODING, out=tmp_path_factory.mktemp("runs")), []
    with pytest.raises(NonFiniteError) as caught:
        events.extend(_noted(run, events))
    return run, events, caught.value


def _noted(run, events):
    """Notes every event where it is not lost if an error follows."""
    for event in run.events():
        events.append(event)
    return ()


def test_a_run_that_explodes_ends_with_exit_code_four_and_names_step_weight_time_step_and_data(exploded):
    _, events, error = exploded
    records = _of(StepRecord, events)
    last = records[-1]
    assert error.exit_code == 4
    assert str(error).startswith(f"step {last.step}: the loss is ")
    bad = [path for path, norm in last.gradient_norms.items() if not np.isfinite(norm)]
    assert bad
    assert f"gradient of {', '.join(bad)} is not finite" in str(error)
    assert "the batch's data is finite" in str(error)
    norms = np.array(last.state_gradient_norms["recurrent_0/h"])
    assert not np.isfinite(norms).all()
    assert f"(∂L/∂h of recurrent_0 from time step {np.flatnonzero(~np.isfinite(norms)).max() + 1} back)" in str(error)


def test_all_steps_up_to_the_one_that_explodes_are_told_and_kept(exploded):
    run, events, _ = exploded
    records = _of(StepRecord, events)
    assert all(np.isfinite([record.loss, record.gradient_norm]).all() for record in records[:-1])
    assert not np.isfinite([records[-1].loss, records[-1].gradient_norm]).all()
    assert [line["step"] for line in _lines(run.folder)] == [record.step for record in records]
    assert (run.summary.stopped, run.summary.steps) == ("non-finite", len(records))
    assert run.summary.metrics == {}
    assert json.loads((run.folder / "summary.json").read_text())["stopped"] == "non-finite"


def test_weights_that_a_step_has_spoilt_are_not_kept(exploded):
    run, _, _ = exploded
    assert not all(np.isfinite(weight).all() for weight in weight_arrays(run.model).values())
    assert not (run.folder / "weights.safetensors").exists()


def test_data_that_is_not_finite_is_blamed(monkeypatch):
    dataset = load_dataset(small_config())
    values = dataset.train.values.copy()
    values[4 * 9 + 2, 1] = np.nan  # the third time step of the tenth sequence
    train_split = dataclasses.replace(dataset.train, values=values)
    monkeypatch.setattr(build_module, "load_dataset", lambda *_: dataclasses.replace(dataset, train=train_split))
    run, events = train_steps(small_config(training={"epochs": 3, "batch_size": 4, "shuffle": False})), []
    with pytest.raises(NonFiniteError, match=r"^step 3: .* the batch's data holds NaN or infinity; clean the data"):
        events.extend(_noted(run, events))
    assert len(_of(StepRecord, events)) == 3


LONG = small_config(training={"steps": 1_000_000, "batch_size": 4})


def test_a_signal_ends_training_with_all_that_was_done_recorded(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    run, events = train_steps(LONG, out=tmp_path), []

    def send():
        while len(events) < 50:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        events.extend(_noted(run, events))
    sender.join()
    records = _of(StepRecord, events)
    assert signal.getsignal(signal.SIGINT) == before
    assert (run.summary.stopped, run.summary.steps) == ("interrupted", len(records))
    assert events[-1] is run.summary
    assert 50 <= len(records) < 1_000_000
    assert [line["step"] for line in _lines(run.folder)] == list(range(1, len(records) + 1))
    assert json.loads((run.folder / "summary.json").read_text())["stopped"] == "interrupted"

    # The weights are those of exactly so many steps, none lost and none taken unseen.
    steps = {"training": LONG.training.model_copy(update={"steps": len(records)})}
    whole = train_steps(LONG.model_copy(update=steps))
    assert _digits(whole) == _digits(records)
    for path, weight in load_file(run.folder / "weights.safetensors").items():
        np.testing.assert_array_equal(weight, weight_arrays(whole.model)[path])


def test_a_second_signal_ends_the_run_at_once_with_the_told_records_kept(tmp_path):
    before, threads = signal.getsignal(signal.SIGINT), threading.active_count()
    run, seen = train_steps(LONG, out=tmp_path), []

    def consume():
        for record in run:
            seen.append(record.step)
            if record.step in (20, 21):
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert seen == list(range(1, 22))
    assert run.summary is None
    assert signal.getsignal(signal.SIGINT) == before
    assert threading.active_count() == threads
    assert [line["step"] for line in _lines(run.folder)] == seen


def test_a_second_signal_in_the_middle_of_writing_leaves_no_step_out_and_none_twice(monkeypatch, tmp_path):
    append, seen = RunFolder.append_steps, []

    def interrupted(folder, records):
        if records[-1].step == 128:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
        append(folder, records)

    monkeypatch.setattr(RunFolder, "append_steps", interrupted)
    monkeypatch.setattr("rnnctl.workflows.run_writer.SECONDS", 1e9)
    run = train_steps(LONG, out=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        seen.extend(record.step for record in run)
    assert [line["step"] for line in _lines(run.folder)] == list(range(1, 129))


def test_who_leaves_a_run_keeps_what_was_told_and_gets_the_handlers_back(tmp_path):
    before, threads = signal.getsignal(signal.SIGINT), threading.active_count()
    run = train_steps(LONG, out=tmp_path)
    for record in run:
        if record.step == 70:
            break
    assert signal.getsignal(signal.SIGINT) == before
    assert threading.active_count() == threads
    assert [line["step"] for line in _lines(run.folder)] == list(range(1, 71))
    assert not (run.folder / "summary.json").exists()


def test_a_disk_that_fills_up_ends_the_run_with_its_error(monkeypatch, tmp_path):
    def full(*_):
        raise RunError("steps.jsonl: cannot write: No space left on device")

    monkeypatch.setattr(RunFolder, "append_steps", full)
    threads = threading.active_count()
    with pytest.raises(RunError, match="No space left"):
        list(train_steps(LONG, out=tmp_path))
    assert threading.active_count() == threads


def test_a_request_before_the_first_step_leaves_a_run_of_no_steps(monkeypatch, tmp_path):
    monkeypatch.setattr(interrupts.StopRequest, "__call__", lambda _: True)
    run, events = train_steps(small_config(data=with_split()), out=tmp_path), []
    with pytest.raises(KeyboardInterrupt):
        events.extend(_noted(run, events))
    assert events == [run.summary]
    assert (run.summary.steps, run.summary.first_loss, run.summary.metrics) == (0, None, {})
    assert (run.summary.stopped, run.summary.milliseconds_per_step) == ("interrupted", None)


def test_why_a_run_failed_is_kept_in_its_summary(monkeypatch, tmp_path, exploded):
    run, _, error = exploded
    assert json.loads((run.folder / "summary.json").read_text())["reason"] == str(error)
    assert run.summary.verdict == "non-finite"
    assert entry_of(run.folder).why == " ".join(str(error).split())

    def full(*_):
        raise RunError("steps.jsonl: cannot write: No space left on device")

    monkeypatch.setattr(RunFolder, "append_through_time", full)
    failing = train_steps(LONG, out=tmp_path)
    with pytest.raises(RunError, match="No space left"):
        list(failing)
    entry = entry_of(failing.folder)
    assert (entry.state, entry.why) == ("failed", "steps.jsonl: cannot write: No space left on device")


def test_a_run_leaves_a_page_even_where_it_ends_early(rich, exploded):
    for run in (rich[0], exploded[0]):
        page = (run.folder / "report.html").read_text()
        assert f"<h1>{run.folder.name}</h1>" in page
        assert all(line.startswith("likeliest cause") for line in run.afterwards)
    assert "the loss is" in (exploded[0].folder / "report.html").read_text()


def test_a_page_that_cannot_be_written_takes_nothing_from_the_run(monkeypatch, tmp_path):
    def broken(*_, **__):
        raise ValueError("no ink")

    monkeypatch.setattr(report, "runs_page", broken)
    run = train_steps(small_config(), out=tmp_path)
    assert [record.step for record in run] == list(range(1, 10))
    assert run.summary.stopped == "finished"
    (note,) = run.afterwards
    assert "could not be written: no ink; to try again: rnnctl report " in note


def test_the_summary_says_how_far_the_gradient_came(tmp_path):
    forgetful = {"cell": "simple_rnn", "units": 3, "recurrent_initializer": {"kind": "orthogonal", "gain": 1e-3}}
    still = {"kind": "sgd", "learning_rate": 1e-9}
    run = train_steps(small_config(model={"layers": [forgetful]}, optimizer=still), out=tmp_path)
    list(run)
    assert (run.summary.verdict, run.summary.reach) == ("vanishing", (1, 4))
    assert entry_of(run.folder).reach == (1, 4)
    # A run that learns, or that goes on, is not called vanishing.
    run._totals.losses.extend([1e-3] * 20)
    learns = run._totals.summary(run._loop, "finished", {}, None)
    assert (learns.verdict, learns.reach) == (None, (1, 4))
    each = train_steps(small_config(model={"layers": [forgetful], "return_sequences": True}, optimizer=still))
    list(each)
    assert (each.summary.verdict, each.summary.reach) == (None, None)
