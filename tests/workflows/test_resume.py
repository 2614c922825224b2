from __future__ import annotations

import dataclasses
import functools
import json
import os
import shutil
import signal
import threading
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from small import small_config, with_split

from rnnctl.config import load_config
from rnnctl.errors import ConfigError, DataError, RunError
from rnnctl.model.weights import weight_arrays
from rnnctl.results.training import StepRecord, ValidationRecord
from rnnctl.runs.checkpoints import checkpoint_steps, sums_text
from rnnctl.runs.jsonl import read_steps
from rnnctl.runs.through_time import read_through_time
from rnnctl.runs.trained_run import load_run
from rnnctl.training import steps_per_execution
from rnnctl.workflows.evaluate import evaluate
from rnnctl.workflows.predict import predict
from rnnctl.workflows.resume import resume_steps
from rnnctl.workflows.resume_checks import NothingLeftError, check_data
from rnnctl.workflows.train import TrainRun, train_steps

RICH = small_config(
    data=with_split(),
    model={"layers": [{"cell": "simple_rnn", "units": 3, "dropout": 0.2}]},
    optimizer={"kind": "adam", "learning_rate": 0.05, "global_clipnorm": 0.5},
    training={"epochs": 30, "batch_size": 4, "early_stopping": {"patience": 3}},
    gradients={"every": 2, "keep": 12},
)
"""Dropout, clipping, slots, validation, early stopping, a partial last batch, norms through time thinned out."""

DEEP = small_config(
    data=with_split(),
    model={"layers": [{"cell": "gru", "units": 2, "dropout": 0.1, "recurrent_dropout": 0.3}]},
    optimizer={
        "kind": "sgd",
        "learning_rate": {"kind": "cosine", "initial_learning_rate": 0.1, "warmup_steps": 2},
        "momentum": 0.9,
        "nesterov": True,
    },
    training={"steps": 14, "batch_size": 4},
)
"""Dropout of every kind, momentum, a schedule with warm-up, an end in the middle of an epoch."""

PIECES = small_config(
    data={"kind": "sine", "sequences": 16, "length": 10, "split": {"validation": 4, "test": 2}},
    model={
        "layers": [{"cell": "lstm", "units": 2, "dropout": 0.2}, {"cell": "gru", "units": 2}],
        "return_sequences": True,
    },
    optimizer={"kind": "adam", "learning_rate": 0.05},
    training={"steps": 14, "batch_size": 4, "truncate": 4},
)
"""Pieces of sequences that hand their states on, the last of them padded; stopped between two pieces too."""


def _digits(records):
    return [dataclasses.replace(record, seconds=0.0) for record in records if isinstance(record, StepRecord)]


def _stopped_at(config, out, *steps):
    """A run that is interrupted after a step, resumed to the next of them, …; gives the folder."""
    run = TrainRun(config, out, ["rnnctl", "train"], until=steps[0])
    list(run.events())
    for step in steps[1:]:
        again = resume_steps(run.folder)
        again._loop.until = step
        list(again.events())
    return run.folder


def _hashes(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def _told(run):
    """All that a run gives but times."""
    events = list(run.events())
    return _digits(events), [event for event in events if isinstance(event, ValidationRecord)], events[-1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Runs that are not stopped: each config is trained once."""

    @functools.cache
    def train(name):
        config = {"rich": RICH, "deep": DEEP, "pieces": PIECES}[name]
        run = train_steps(config, out=tmp_path_factory.mktemp("whole"))
        return config, run, _told(run)

    return train


@pytest.mark.parametrize(
    ("name", "stops"), [("rich", (1, 6)), ("rich", (8,)), ("deep", (1, 6)), ("pieces", (8,))], ids=str
)
def test_a_run_that_is_stopped_and_gone_on_with_gives_the_bits_of_one_that_is_not(
    whole, name, stops, tmp_path, monkeypatch
):
    config, run, (records, validations, summary) = whole(name)
    if stops == (8,):
        monkeypatch.setattr(steps_per_execution, "STEPS_A_CALL", 2)
    folder = _stopped_at(config, tmp_path, *stops)
    again = resume_steps(folder)
    resumed, _, ending = _told(again)
    assert resumed == records[stops[-1] :]
    assert again.validations == validations
    same = {"seconds": 0.0, "milliseconds_per_step": None, "input_wait": None}
    assert dataclasses.replace(ending, **same) == dataclasses.replace(summary, **same)
    left, right = (load_file(at / "weights.safetensors") for at in (folder, run.folder))
    assert {path: array.tobytes() for path, array in left.items()} == {
        path: array.tobytes() for path, array in right.items()
    }
    times = {"seconds": 0.0}
    lines = [
        [dataclasses.replace(line, **times) for line in read_steps(at / "steps.jsonl")] for at in (folder, run.folder)
    ]
    assert lines[0] == lines[1]
    assert [line.step for line in lines[0]] == list(range(1, len(records) + 1))
    for file in ("validation.jsonl", "through_time/rows.bin"):
        assert (folder / file).read_bytes() == (run.folder / file).read_bytes()


def test_a_run_that_is_extended_goes_on_as_if_it_had_always_been_longer(tmp_path):
    short = small_config(data=with_split(), training={"steps": 4, "batch_size": 4})
    long = small_config(data=with_split(), training={"steps": 9, "batch_size": 4})
    run = train_steps(short, out=tmp_path)
    list(run.events())
    with pytest.raises(NothingLeftError, match="this run is finished, after 4 steps: nothing is left to do"):
        resume_steps(run.folder)
    with pytest.raises(RunError, match="has taken 4 steps already, and the length asked for is 3"):
        resume_steps(run.folder, steps=3)
    records, validations, _ = _told(train_steps(long))
    again = resume_steps(run.folder, epochs=3)
    resumed, _, summary = _told(again)
    assert (resumed, again.validations) == (records[4:], validations)
    assert (summary.steps, summary.stopped) == (9, "finished")
    assert load_config(run.folder / "config.yaml").training.epochs == 3
    line = json.loads((run.folder / "resumed.jsonl").read_text())
    assert (line["from_step"], line["length_before"]) == (4, {"steps": 4, "epochs": None})


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A plain run, interrupted after step 5 of 9, with checkpoints at steps 2, 4 and 5."""
    config = small_config(checkpoints={"steps": 2, "keep": 3})
    return _stopped_at(config, tmp_path_factory.mktemp("stopped"), 5)


@pytest.fixture
def folder(stopped, tmp_path):
    return Path(shutil.copytree(stopped, tmp_path / "small-1"))


def test_checkpoints_are_left_where_they_are_due_and_at_the_end(folder):
    assert checkpoint_steps(folder) == [2, 4, 5]


def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(folder):
    shutil.rmtree(folder / "checkpoints" / "step-5")
    (folder / "summary.json").unlink()
    with (folder / "steps.jsonl").open("ab") as file:
        file.write(b'{"event": "step", "step": 6, "ep')  # it was killed while it wrote
    run = resume_steps(folder)
    assert [record.step for record in run] == [5, 6, 7, 8, 9]
    assert [line.step for line in read_steps(folder / "steps.jsonl")] == list(range(1, 10))
    assert read_through_time(folder / "through_time")[0].tolist() == list(range(1, 10))
    assert json.loads((folder / "summary.json").read_text())["stopped"] == "finished"


def test_a_damaged_checkpoint_is_told_and_the_one_before_is_used(folder):
    path = folder / "checkpoints" / "step-5" / "optimizer.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    run = resume_steps(folder)
    assert "step-5/optimizer.safetensors: its bytes are not those that were written" in run.notices[0]
    assert run.notices[0].endswith("checkpoints/step-4")
    assert next(iter(run)).step == 5


def test_a_run_without_a_whole_checkpoint_is_not_begun_anew(folder):
    for step in (2, 4, 5):
        (folder / "checkpoints" / f"step-{step}" / "SHA256SUMS").write_text("")
    with pytest.raises(RunError, match=r"(?s)step-5.*step-4.*step-2.*no checkpoint is whole"):
        resume_steps(folder)
    assert len(read_steps(folder / "steps.jsonl")) == 5


def test_a_run_that_ended_before_its_first_step_begins_at_step_one_and_says_so(folder):
    shutil.rmtree(folder / "checkpoints")
    for name in ("steps.jsonl", "summary.json", "weights.safetensors"):
        (folder / name).unlink()
    run = resume_steps(folder)
    assert "ended before its first checkpoint; starting at step 1" in run.notices[0]
    assert [record.step for record in run] == list(range(1, 10))
    assert len(read_steps(folder / "steps.jsonl")) == 9


def test_recorded_steps_are_given_up_only_where_that_is_asked_for(folder):
    shutil.rmtree(folder / "checkpoints")
    before = _hashes(folder)
    with pytest.raises(RunError) as refused:
        resume_steps(folder)
    for words in ("there is no checkpoint to continue from", "5 steps and weights.safetensors would be", "--force"):
        assert words in str(refused.value)
    assert _hashes(folder) == before
    run = resume_steps(folder, force=True)
    assert _hashes(folder) == before | {".lock": _hashes(folder)[".lock"]}  # nothing yet
    assert "ended before its first checkpoint; starting at step 1" in run.notices[0]
    assert [record.step for record in run] == list(range(1, 10))
    assert len(read_steps(folder / "steps.jsonl")) == 9


def test_two_runs_never_write_one_folder(folder):
    first = resume_steps(folder)
    with pytest.raises(RunError, match=rf"process {os.getpid()} is training this run now"):
        resume_steps(folder)
    list(first.events())
    with pytest.raises(NothingLeftError):
        resume_steps(folder)


def test_a_folder_that_is_none_is_an_error_and_nothing_is_made(tmp_path):
    with pytest.raises(RunError, match="there is no such folder"):
        resume_steps(tmp_path / "none")
    with pytest.raises(RunError, match=r"holds no config\.yaml, so it is not a run"):
        resume_steps(tmp_path)
    assert list(tmp_path.iterdir()) == []


def _edit(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize(("written", "advice"), [(3, "use a newer rnnctl"), (1, "train it anew")])
def test_a_run_of_another_format_is_refused(folder, written, advice):
    _edit(folder / "environment.json", format=written)
    with pytest.raises(RunError, match=rf"in format {written}; this is rnnctl .* which reads format 2: {advice}"):
        resume_steps(folder)


@pytest.mark.parametrize("name", ["config.yaml", "steps.jsonl", "checkpoints", "gradient_norms.npy"])
def test_a_link_out_of_the_folder_is_refused_and_what_it_leads_to_stays(folder, tmp_path, name):
    outside = tmp_path / "outside"
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)
    with pytest.raises(RunError, match=rf"{name}: this is a link that leads out of the run folder"):
        resume_steps(folder)
    assert outside.exists()


def test_a_pipe_in_the_folder_does_not_hang(folder):
    (folder / "environment.json").unlink()
    os.mkfifo(folder / "environment.json")
    with pytest.raises(RunError, match="neither a file nor a folder"):
        resume_steps(folder)


def test_a_link_to_the_folder_itself_is_fine(folder, tmp_path):
    (tmp_path / "latest").symlink_to(folder)
    assert [record.step for record in resume_steps(tmp_path / "latest")] == [6, 7, 8, 9]


def test_a_config_that_is_not_valid_any_more_is_told_at_its_place(folder):
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("units: 3", "units: -3"))
    with pytest.raises(ConfigError, match=r"config\.yaml:\d+:\d+: model\.layers\.0\.units: -3 cannot be used"):
        resume_steps(folder)


def test_a_config_that_was_edited_is_told_with_the_key_that_differs(folder):
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("learning_rate: 0.1", "learning_rate: 0.2"))
    with pytest.raises(RunError, match=r"step-5 was trained with: optimizer\.learning_rate was 0\.1 and is 0\.2"):
        resume_steps(folder)


def test_how_often_checkpoints_are_written_may_be_edited(folder):
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("keep: 3", "keep: 2"))
    assert [record.step for record in resume_steps(folder)] == [6, 7, 8, 9]
    assert len(checkpoint_steps(folder)) == 2


def test_arrays_that_disagree_with_the_config_are_named_with_their_shapes(folder):
    checkpoint = folder / "checkpoints" / "step-5"
    arrays = load_file(checkpoint / "model.safetensors")
    arrays["recurrent_0/kernel"] = np.zeros((2, 9), np.float32)
    arrays["extra"] = arrays.pop("head/bias")
    save_file(arrays, checkpoint / "model.safetensors")
    _reseal(checkpoint)
    with pytest.raises(RunError) as caught:
        resume_steps(folder)
    for words in (
        "head/bias is missing",
        "extra is not one of the config's",
        "recurrent_0/kernel is float32 [2, 9] where the config makes float32 [2, 3]",
    ):
        assert words in str(caught.value)
    assert len(read_steps(folder / "steps.jsonl")) == 5


def test_a_checkpoint_that_does_not_tell_its_seconds_is_resumed(folder):
    checkpoint = folder / "checkpoints" / "step-5"
    about = json.loads((checkpoint / "checkpoint.json").read_text())
    del about["seconds"]
    (checkpoint / "checkpoint.json").write_text(json.dumps(about))
    _reseal(checkpoint)
    assert [record.step for record in resume_steps(folder)] == [6, 7, 8, 9]


def _reseal(checkpoint):
    names = [line.split("  ")[1] for line in (checkpoint / "SHA256SUMS").read_text().splitlines()]
    (checkpoint / "SHA256SUMS").write_bytes(sums_text({name: (checkpoint / name).read_bytes() for name in names}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: lines[:3], r"steps\.jsonl:4: the record ends before step 4"),
        (lambda lines: [lines[0], *lines[2:]], r"steps\.jsonl:2: the record does not have, at this line, step 2"),
        (lambda lines: [b"[]\n", *lines[1:]], r"steps\.jsonl:1: "),
    ],
)
def test_a_record_that_was_edited_is_told(folder, change, words):
    path = folder / "steps.jsonl"
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(RunError, match=words):
        resume_steps(folder)


def test_a_table_of_norms_that_was_cut_off_before_the_checkpoint_or_removed_is_told(folder):
    path = folder / "gradient_norms.npy"
    path.write_bytes(path.read_bytes()[:-21])
    with pytest.raises(RunError, match=r"gradient_norms\.npy: the record does not have the steps 1 to 5"):
        resume_steps(folder)
    path.unlink()
    with pytest.raises(RunError, match=r"gradient_norms\.npy: cannot read it"):
        resume_steps(folder)


def test_a_run_that_became_non_finite_is_not_gone_on_with(folder):
    _edit(folder / "summary.json", stopped="non-finite", steps=6)
    with pytest.raises(RunError, match="became NaN or infinite at step 6, and would again"):
        resume_steps(folder, steps=20)


def test_another_machine_is_told(folder):
    environment = json.loads((folder / "environment.json").read_text())
    environment["versions"]["numpy"] = "1.0"
    _edit(folder / "environment.json", versions=environment["versions"])
    run = resume_steps(folder)
    assert "versions.numpy was 1.0 and is" in run.notices[0]


@pytest.fixture
def on_a_file(tmp_path, root):
    data = tmp_path / "sunspots.csv"
    shutil.copy(root / "data" / "sunspots.csv", data)
    overrides = [f"data.path={data}", "training.epochs=null", "training.steps=3", "model.layers.0.units=2"]
    config = load_config(root / "configs" / "sunspots.yaml", overrides)
    run = TrainRun(config, tmp_path, (), until=1)
    list(run.events())
    return run.folder, data


def test_files_that_changed_places_are_told_and_a_folder_that_moved_is_not():
    then = {"data": {"old/a.csv": "1", "old/b.csv": "2"}}
    check_data(Path("run"), then, {"new/a.csv": "1", "new/b.csv": "2"})
    with pytest.raises(DataError, match=r"the data has changed since the run began: old/a\.csv has the SHA-256 2"):
        check_data(Path("run"), then, {"old/a.csv": "2", "old/b.csv": "1"})


def test_data_that_changed_or_moved_is_told(on_a_file):
    folder, data = on_a_file
    text = data.read_text()
    data.write_text(text.replace("2008,2.9", "2008,3.9"))
    assert data.read_text() != text
    with pytest.raises(DataError, match=r"the data has changed since the run began: .*sunspots\.csv has the SHA-256"):
        resume_steps(folder)
    data.rename(data.with_name("elsewhere.csv"))
    line = (folder / "config.yaml").read_text().splitlines().index(f"  path: {data}") + 1
    where = rf"sunspots\.csv.*\n.*put it back there, or write its new path as data\.path in \S+config\.yaml:{line}"
    with pytest.raises(DataError, match=where + "$"):
        resume_steps(folder)
    for command in (predict, evaluate):
        with pytest.raises(DataError, match=where + ", or .* another file with --data FILE$"):
            command(folder)
    data.write_text(text)
    assert [record.step for record in resume_steps(folder)] == [2, 3]


def test_a_signal_leaves_a_checkpoint_of_the_last_step(tmp_path):
    run = train_steps(small_config(training={"steps": 1_000_000, "batch_size": 4}), out=tmp_path)
    told = []

    def consume():
        for record in run:
            told.append(record.step)
            if record.step == 30:
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert checkpoint_steps(run.folder) == [told[-1]]
    again = resume_steps(run.folder, steps=told[-1] + 2)
    assert [record.step for record in again] == [told[-1] + 1, told[-1] + 2]


def test_a_checkpoint_that_cannot_be_written_ends_the_run_and_the_last_whole_one_is_named(tmp_path, monkeypatch):
    run = train_steps(
        small_config(training={"steps": 1_000_000, "batch_size": 4}, checkpoints={"steps": 3}), out=tmp_path
    )
    real, threads = os.write, threading.active_count()

    def full(descriptor, data):
        if (run.folder / "checkpoints" / "step-6").exists() and threading.current_thread().name.startswith("rnnctl-ch"):
            raise OSError(28, os.strerror(28))
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RunError) as caught:
        list(run.events())
    monkeypatch.undo()
    assert caught.value.exit_code == 1
    last = run.folder / "checkpoints" / f"step-{checkpoint_steps(run.folder)[-1]}"
    assert "No space left on device" in str(caught.value)
    assert f"the last whole checkpoint is {last}" in str(caught.value)
    assert f"continue with: rnnctl resume {run.folder}" in str(caught.value)
    assert threading.active_count() == threads
    assert next(iter(resume_steps(run.folder))).step == int(last.name.removeprefix("step-")) + 1


def test_a_folder_that_vanishes_ends_the_run(tmp_path):
    run = train_steps(small_config(training={"steps": 1_000_000, "batch_size": 4}), out=tmp_path)

    def consume():
        for record in run:
            if record.step == 70:
                shutil.rmtree(run.folder)

    with pytest.raises(RunError, match="the folder was removed or renamed while the run was writing to it"):
        consume()


def test_who_leaves_a_run_can_go_on_with_it(tmp_path):
    run = train_steps(small_config(checkpoints={"steps": 2}), out=tmp_path)
    for record in run:
        if record.step == 5:
            break
    again = resume_steps(run.folder)
    told = [record.step for record in again]
    assert told == list(range(told[0], 10))
    whole = train_steps(small_config())
    list(whole)
    for path, weight in weight_arrays(again.model).items():
        np.testing.assert_array_equal(weight, weight_arrays(whole.model)[path])


def test_how_far_the_gradient_came_is_known_where_no_later_step_says_so(tmp_path):
    config = small_config(training={"steps": 9, "batch_size": 4}, gradients={"every": 6})
    whole = train_steps(config, out=tmp_path)
    list(whole)
    assert whole.summary.reach is not None
    folder = _stopped_at(config, tmp_path, 8)
    again = resume_steps(folder)  # step 7 was the last one whose norms through time were kept
    assert [record.step for record in again] == [9]
    assert (again.summary.verdict, again.summary.reach) == (whole.summary.verdict, whole.summary.reach)


@pytest.mark.parametrize("left", [(), ("layout.json",), ("layout.json", "rows.bin")], ids=str)
def test_a_run_that_was_killed_while_its_first_step_was_written_is_gone_on_with(tmp_path, left):
    run = train_steps(small_config(), out=tmp_path)
    records = iter(run)
    first = next(records)
    records.close()
    for path in (run.folder / "through_time").iterdir():
        if path.name not in left:
            path.unlink()
    shutil.rmtree(run.folder / "checkpoints", ignore_errors=True)
    again = resume_steps(run.folder, force=True)
    assert _digits(again)[0] == dataclasses.replace(first, seconds=0.0)
    assert read_through_time(run.folder / "through_time")[0].tolist() == list(range(1, 10))


def test_a_resumption_that_was_written_by_half_leaves_a_record_that_is_read(folder):
    (folder / "resumed.jsonl").write_text('{"event": "resumed", "from_step": 1}\n{"event": "resu')
    list(resume_steps(folder))
    lines = [json.loads(line) for line in (folder / "resumed.jsonl").read_text().splitlines()]
    assert [line["from_step"] for line in lines] == [1, 5]


def test_a_length_is_given_in_one_way_alone_and_the_run_stays_as_it_is(folder):
    before = (folder / "config.yaml").read_bytes()
    with pytest.raises(ConfigError, match="steps and epochs are both given; keep one of them"):
        resume_steps(folder, steps=20, epochs=20)
    assert (folder / "config.yaml").read_bytes() == before
    assert [record.step for record in resume_steps(folder)] == [6, 7, 8, 9]


def test_a_run_that_was_killed_before_it_began_is_told(folder):
    (folder / "environment.json").unlink()
    with pytest.raises(RunError, match=r"holds no environment\.json: .*; train it anew: rnnctl train .*config\.yaml$"):
        resume_steps(folder)


def _damaged(name, data=b"x"):
    def damage(folder):
        (folder / name).write_bytes(data)

    return damage


def _cut(name, left):
    def damage(folder):
        (folder / name).write_bytes((folder / name).read_bytes()[:left])

    return damage


def _edited_config(folder):
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("seed: 3", "seed: 4"))


def _other_weights(folder):
    path = folder / "gradient_norms.npy"
    path.write_bytes(path.read_bytes().replace(b"head/bias", b"head/boss"))


def _other_states(folder):
    path = folder / "through_time" / "layout.json"
    path.write_text(path.read_text().replace('"recurrent_0/h": 4', '"recurrent_0/h": 3'))


FAULTS = {
    "the table of norms is damaged": _damaged("gradient_norms.npy"),
    "the table of norms is cut off": _cut("gradient_norms.npy", -40),
    "the table of norms is of other weights": _other_weights,
    "the table of norms is gone": lambda folder: (folder / "gradient_norms.npy").unlink(),
    "the steps are cut off": _cut("steps.jsonl", 200),
    "the steps are empty": _damaged("steps.jsonl", b""),
    "the validations are damaged": _damaged("validation.jsonl", b"{}\n"),
    "the layout is damaged": _damaged("through_time/layout.json"),
    "the layout is of other states": _other_states,
    "the rows are gone": lambda folder: (folder / "through_time" / "rows.bin").unlink(),
    "the steps of the rows fall": _damaged("through_time/rows.bin", b"\2" * 24 + b"\1" * 24),
    "the summary is damaged": _damaged("summary.json", b"[]"),
    "the environment is damaged": _damaged("environment.json"),
    "the config is edited": _edited_config,
    "the config is no config": _damaged("config.yaml", b"- 1\n"),
    "the record of resuming is a folder": lambda folder: (folder / "resumed.jsonl").mkdir(),
    "the checkpoints are gone": lambda folder: shutil.rmtree(folder / "checkpoints"),
    "the checkpoints are damaged": lambda folder: [
        path.write_bytes(b"") for path in (folder / "checkpoints").glob("*/SHA256SUMS")
    ],
    "the config is edited and the checkpoints are gone": lambda folder: (
        _edited_config(folder),
        shutil.rmtree(folder / "checkpoints"),
    ),
}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_run_that_cannot_be_resumed_is_left_as_it_was(folder, fault, force):
    if force and fault == "the checkpoints are gone":
        return  # which is what is asked for
    FAULTS[fault](folder)
    before = _hashes(folder)
    with pytest.raises((RunError, ConfigError)):
        list(resume_steps(folder, steps=20, force=force).events())
    assert _hashes(folder) == before


def test_a_config_that_was_edited_before_the_first_checkpoint_is_told_with_the_key(folder):
    FAULTS["the config is edited and the checkpoints are gone"](folder)
    with pytest.raises(RunError, match=r"not the config that the run was trained with: seed was 3 and is 4"):
        resume_steps(folder, force=True)


@pytest.mark.parametrize("how", ["asked", "edited"])
def test_steps_beyond_a_new_length_are_given_up_only_where_that_is_asked_for(folder, how):
    shutil.rmtree(folder / "checkpoints" / "step-5")
    (folder / "summary.json").unlink()
    length = {"steps": 5}
    path = folder / "steps.jsonl"
    last = path.read_bytes().splitlines(keepends=True)[-1]
    path.write_bytes(path.read_bytes() + last.replace(b'"step": 5', b'"step": 6'))
    if how == "edited":
        path = folder / "config.yaml"
        path.write_text(path.read_text().replace("steps: null", "steps: 5", 1).replace("epochs: 3", "epochs: null"))
        length = {}
    before = _hashes(folder)
    with pytest.raises(RunError, match="6 steps are recorded, and the length asked for is 5"):
        resume_steps(folder, **length)
    assert _hashes(folder) == before
    assert [record.step for record in resume_steps(folder, **length, force=True)] == [5]


def test_a_run_that_fails_before_it_takes_a_step_is_left_as_it_was(folder, monkeypatch):
    before = _hashes(folder)
    run = resume_steps(folder)
    monkeypatch.setattr(run._loop.program, "warm_up", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(run.events())
    assert _hashes(folder) == before
    run = resume_steps(folder)
    run.stop("enough")
    assert list(run.events()) == [run.summary]
    assert _hashes(folder) == before
    assert [record.step for record in resume_steps(folder)] == [6, 7, 8, 9]


def test_an_older_checkpoint_is_not_used_without_a_word(folder):
    (folder / "weights.safetensors").unlink()
    assert load_run(folder).notes == ()
    (folder / "checkpoints" / "step-5" / "model.safetensors").write_bytes(b"")
    (told,) = load_run(folder).notes
    assert "damaged checkpoint:" in told
    assert told.endswith("an older one is used, " + str(folder / "checkpoints" / "step-4"))
