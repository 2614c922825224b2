"""Ensembles: several nets of one run, each with a folder of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file, save_file

from rnnctl.cli.main import run as command
from rnnctl.config import load_config
from rnnctl.config.schema import Config
from rnnctl.errors import ConfigError, NonFiniteError, RunError
from rnnctl.results.training import NetRecord, StepRecord
from rnnctl.runs.jsonl import read_steps
from rnnctl.runs.members import member_folder
from rnnctl.runs.trained_run import load_run
from rnnctl.training import compiled
from rnnctl.workflows.evaluate import evaluate
from rnnctl.workflows.predict import predict
from rnnctl.workflows.resume import resume_steps
from rnnctl.workflows.resume_checks import NothingLeftError
from rnnctl.workflows.train import TrainRun, train_steps
from rnnctl.workflows.verify import verify

MEMBERS = 3


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Forecasts two rows ahead, with all that a net is drawn from: weights, order, dropout; and early stopping."""
    rows = np.arange(48)
    path = tmp_path_factory.mktemp("data") / "waves.csv"
    pl.DataFrame({"t": rows, "y": 5 + np.sin(rows / 3)}).write_csv(path)
    return Config.model_validate(
        {
            **{"name": "waves", "seed": 5, "loss": "mae", "optimizer": {"kind": "adam", "learning_rate": 0.05}},
            "data": {
                **{"kind": "csv", "path": str(path), "time": "t", "target": ["y"], "transform": "log", "difference": 1},
                **{"window": {"length": 4, "horizon": 2}, "split": {"validation": 8, "test": 8}},
            },
            "model": {"layers": [{"cell": "simple_rnn", "units": 3, "dropout": 0.2}], "return_sequences": False},
            "training": {
                **{"epochs": 6, "batch_size": 8, "members": MEMBERS, "early_stopping": {"patience": 2}},
            },
        }
    )


COMPILED = []
"""Names of what was compiled for the run of ``trained``."""


@pytest.fixture(scope="module")
def trained(config, tmp_path_factory):
    """The ensemble's run, and all its events."""
    begin = compiled.begin
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "begin", lambda name: (COMPILED.append(name), begin(name))[1])
        run = train_steps(config, out=tmp_path_factory.mktemp("runs"))
        return run, list(run.events())


@pytest.fixture
def folder(trained, tmp_path):
    return Path(shutil.copytree(trained[0].folder, tmp_path / "waves-1"))


def _record(folder):
    """All that a net's folder tells of its training but times."""
    steps = [(step.step, step.loss, dict(step.gradient_norms)) for step in read_steps(folder / "steps.jsonl")]
    files = ["gradient_norms.npy", "validation.jsonl", "through_time/rows.bin", "weights.safetensors", "SHA256SUMS"]
    return steps, {name: (folder / name).read_bytes() for name in files}


@pytest.mark.parametrize("number", [1, 2])
def test_a_member_is_bit_for_bit_the_net_that_its_own_config_gives(trained, config, number, tmp_path):
    alone = train_steps(config.member(number), out=tmp_path)
    list(alone.events())
    folder = trained[0].folder
    assert _record(alone.folder) == _record(folder if number == 1 else member_folder(folder, number))


def test_nothing_is_compiled_once_for_each_member(trained):
    assert sorted(COMPILED) == ["the network", "the training step for 4 time steps", "the validation loss"]


def test_members_differ_in_weights_and_order_but_not_in_their_data(trained, config):
    seeds = [config.member(number).net_seed for number in range(1, 50)]
    assert seeds[0] == config.seed
    assert len(set(seeds)) == len(seeds)
    folder = trained[0].folder
    weights = [load_file(one / "weights.safetensors")["head/kernel"] for one in _nets(folder)]
    assert not any(np.array_equal(weights[0], other) for other in weights[1:])
    assert len({(one / "preparation.json").read_bytes() for one in _nets(folder)}) == 1


def test_of_other_nets_their_end_alone_is_told(trained, folder):
    run, events = trained
    first = [event for event in events if isinstance(event, StepRecord)]
    assert [event.step for event in first] == list(range(1, run.summary.steps + 1))
    told = [event for event in events if isinstance(event, NetRecord)]
    assert [(event.number, event.of) for event in told] == [(2, MEMBERS), (3, MEMBERS)]
    for event in told:
        kept = json.loads((member_folder(folder, event.number) / "summary.json").read_text())
        assert (kept["steps"], kept["final_loss"]) == (event.summary.steps, event.summary.final_loss)


def _nets(folder):
    return [folder, *(member_folder(folder, number) for number in range(2, MEMBERS + 1))]


def _alone(folder, place):
    """The first net of a run, without the others."""
    kept = Path(shutil.copytree(folder, place / "alone", ignore=shutil.ignore_patterns("members")))
    text = (kept / "config.yaml").read_text()
    (kept / "config.yaml").write_text(text.replace(f"members: {MEMBERS}", "members: 1"))
    return kept


def test_predictions_are_the_mean_of_those_of_the_members(folder, tmp_path):
    nets = [_alone(folder, tmp_path), *_nets(folder)[1:]]
    each = np.array([predict(net, horizon=7).frame["y"] for net in nets])  # five rows beyond the trained horizon
    assert np.ptp(each, axis=0).min() > 1e-4
    np.testing.assert_allclose(predict(folder, horizon=7).frame["y"], each.mean(axis=0), rtol=1e-12)


def test_the_test_is_of_the_mean_forecast(folder, trained, tmp_path):
    def forecasts(run):
        (line,) = evaluate(run, write=False).results
        return np.array([path for _, path in line.paths])

    nets = [_alone(folder, tmp_path), *_nets(folder)[1:]]
    np.testing.assert_allclose(forecasts(folder), np.mean([forecasts(net) for net in nets], axis=0), rtol=1e-7)
    assert evaluate(folder, write=False).scores.metrics["mae"] == trained[0].summary.metrics["test_mae"]


def _stopped_in_the_second(monkeypatch, step):
    """Has the second net be interrupted after a step."""
    whole = TrainRun._further

    def further(run, number):
        found = whole(run, number)
        found._loop.until = step
        return found

    monkeypatch.setattr(TrainRun, "_further", further)


def test_a_run_that_is_interrupted_in_a_further_net_goes_on_to_the_same_bits(trained, folder, monkeypatch):
    shutil.rmtree(folder / "members")
    (folder / "summary.json").unlink()  # as a run that is killed before its second net
    with monkeypatch.context() as stopped:
        _stopped_in_the_second(stopped, 7)
        run = resume_steps(folder)
        with pytest.raises(KeyboardInterrupt):
            list(run.events())
    assert (run.summary.stopped, run.summary.steps) == ("interrupted", trained[0].summary.steps)
    assert len(read_steps(member_folder(folder, 2) / "steps.jsonl")) == 7
    assert not member_folder(folder, 3).exists()
    assert evaluate(folder, write=False).notes[0].startswith(f"{MEMBERS - 1} of the {MEMBERS} nets are not trained")
    report = verify(folder)
    assert (report.same, report.nets, report.steps) == (True, 2, run.summary.steps + 7)
    member_folder(folder, 3).mkdir()  # as one that is killed while a folder is being made
    again = resume_steps(folder)
    events = list(again.events())
    assert not [event for event in events if isinstance(event, StepRecord)]
    assert list(map(_record, _nets(folder))) == list(map(_record, _nets(trained[0].folder)))
    assert again.summary.metrics == trained[0].summary.metrics
    with pytest.raises(NothingLeftError):
        resume_steps(folder)


def test_every_net_is_verified(folder, capsys):
    assert command(["verify", str(folder)]) == 0
    assert f"of {MEMBERS} nets trained again: the same bits" in capsys.readouterr().out
    last = member_folder(folder, MEMBERS) / "weights.safetensors"
    weights = load_file(last)
    weights["head/kernel"] = np.nextafter(weights["head/kernel"], np.float32(9))
    save_file(weights, last)
    assert command(["verify", str(folder)]) == 5
    told = capsys.readouterr().out
    assert f"{MEMBERS - 1} nets trained again, the same bits; then {last.parent}" in told
    assert "final weight head/kernel differs" in told


def test_nets_can_be_added_to_a_finished_run_and_one_that_is_lost_is_told(trained, folder, capsys):
    shutil.rmtree(member_folder(folder, 2))
    assert [net.path.name for net in load_run(folder).members] == ["3"]
    assert command(["evaluate", str(folder)]) == 0
    told = " ".join(capsys.readouterr().err.split())
    assert f"1 of the {MEMBERS} nets are not trained to their end" in told
    assert command(["resume", str(folder), "--quiet"]) == 0  # as it was advised
    assert [_record(net) for net in _nets(folder)] == [_record(net) for net in _nets(trained[0].folder)]


def test_a_net_whose_config_was_changed_is_refused_before_anything_is_written(folder):
    (member_folder(folder, 3) / "summary.json").unlink()
    changed = member_folder(folder, 3) / "config.yaml"
    changed.write_text(changed.read_text().replace("learning_rate: 0.05", "learning_rate: 0.5"))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}
    with pytest.raises(RunError, match=r"optimizer\.learning_rate was 0\.05 and is 0\.5; put it back"):
        resume_steps(folder)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def test_a_net_that_does_not_stay_finite_ends_the_run(config, tmp_path, monkeypatch):
    whole = TrainRun._further

    def broken(run, number):
        found = whole(run, number)
        if number == 2:
            weights = [np.full(one.shape, np.nan, np.float32) for one in found.model.trainable_variables]
            for variable, value in zip(found.model.trainable_variables, weights, strict=True):
                variable.assign(value)
        return found

    monkeypatch.setattr(TrainRun, "_further", broken)
    run = train_steps(config, out=tmp_path)
    with pytest.raises(NonFiniteError):
        list(run.events())
    assert run.summary.stopped == "non-finite"
    assert not member_folder(run.folder, 3).exists()
    assert load_run(run.folder).members == ()


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({"members": 0}, "training.members: 0 cannot be used; allowed: a whole number from 1 to 1000"),
        ({"members": -2}, "training.members: -2 cannot be used"),
        ({"members": 1.5}, "training.members: 1.5 cannot be used; allowed: a whole number"),
        ({"members": 1001}, "training.members: 1001 cannot be used"),
        ({"members": 3, "member": 2}, "member 2 is one net, and members asks for 3; remove one of them"),
    ],
    ids=str,
)
def test_numbers_of_nets_that_are_none_are_refused(training, told):
    overrides = [f"training.{key}={value}" for key, value in training.items()]
    with pytest.raises(ConfigError) as error:
        load_config(None, overrides)
    assert told in str(error.value)
