"""Ensembles and refits: several nets of one run, each with a folder of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file, save_file

from rnnctl.api.run import Run
from rnnctl.cli.console.lines import net_text, summary_lines
from rnnctl.cli.console.style import Style
from rnnctl.cli.main import run as command
from rnnctl.config import load_config
from rnnctl.config.schema import Config
from rnnctl.engines.keras_network import KerasNetwork, restore_weights
from rnnctl.engines.numpy_network import NumpyNetwork
from rnnctl.errors import ConfigError, NonFiniteError, RunError
from rnnctl.model.weights import weight_arrays
from rnnctl.optimizers import Sgd
from rnnctl.report.evaluation import evaluation_page
from rnnctl.report.evaluation_words import evaluation_facts
from rnnctl.results.training import NetRecord, StepRecord
from rnnctl.runs.jsonl import net_line, read_steps
from rnnctl.runs.members import member_folder
from rnnctl.runs.trained_run import load_run
from rnnctl.scoring.units import own_units
from rnnctl.training import compiled
from rnnctl.training.schedule import make_schedule
from rnnctl.util.format import short
from rnnctl.workflows.evaluate import evaluate
from rnnctl.workflows.held_out import validation_outputs
from rnnctl.workflows.predict import predict
from rnnctl.workflows.resume import resume_steps
from rnnctl.workflows.resume_checks import NothingLeftError
from rnnctl.workflows.train import TrainRun, train_steps
from rnnctl.workflows.verify import verify

MEMBERS = 3
COSINE = {"kind": "cosine", "initial_learning_rate": 0.1, "warmup_steps": 4}


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Forecasts two rows ahead, with all that a net is drawn from: weights, order, dropout; and early stopping."""
    rows = np.arange(48)
    path = tmp_path_factory.mktemp("data") / "waves.csv"
    pl.DataFrame({"t": rows, "y": 5 + np.sin(rows / 3) + rows % 2 / 4}).write_csv(path)
    return Config.model_validate(
        {
            **{"name": "waves", "seed": 5, "loss": "mae", "optimizer": {"kind": "adam", "learning_rate": 0.02}},
            "data": {
                **{"kind": "csv", "path": str(path), "time": "t", "target": ["y"], "transform": "log", "difference": 1},
                **{"window": {"length": 4, "horizon": 2}, "split": {"validation": 8, "test": 8}},
            },
            "model": {"layers": [{"cell": "simple_rnn", "units": 3, "dropout": 0.2}], "return_sequences": False},
            "training": {
                **{"epochs": 6, "batch_size": 8, "early_stopping": {"patience": 2}},
                **{"members": MEMBERS, "refit": True},
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
    return steps, {name: (folder / name).read_bytes() for name in files if (folder / name).exists()}


def _nets(folder, *, refit=True):
    """Folders of all nets, in the order in which they are trained."""
    chosen = [folder, *(member_folder(folder, number) for number in range(2, MEMBERS + 1))]
    return [*chosen, *(net / "refit" for net in chosen if refit)]


@pytest.mark.parametrize("number", [1, 2])
def test_a_member_and_its_refit_are_bit_for_bit_what_its_own_config_gives(trained, config, number, tmp_path):
    alone = train_steps(config.member(number), out=tmp_path)
    list(alone.events())
    folder = _nets(trained[0].folder)[number - 1]
    assert _record(alone.folder) == _record(folder)
    assert _record(alone.folder / "refit") == _record(folder / "refit")


def test_a_refit_is_bit_for_bit_what_its_own_config_gives(trained, tmp_path):
    folder = member_folder(trained[0].folder, 3) / "refit"
    alone = train_steps(load_config(folder / "config.yaml"), out=tmp_path)
    list(alone.events())
    assert _record(alone.folder) == _record(folder)


def test_a_refit_takes_as_many_steps_as_the_kept_weights_from_the_same_initial_ones_at_the_same_rates(trained, config):
    found = set()
    for chosen, refit in zip(_nets(trained[0].folder, refit=False), _nets(trained[0].folder)[MEMBERS:], strict=True):
        best = json.loads((chosen / "summary.json").read_text())["best_epoch"]
        steps = [read_steps(folder / "steps.jsonl") for folder in (chosen, refit)]
        assert len(steps[1]) == best * -(-len(trained[0].dataset.train) // 8)
        found.add(best)
        assert {(one.learning_rate, two.learning_rate) for one, two in zip(*steps, strict=False)} == {(0.02, 0.02)}
        assert not (refit / "validation.jsonl").exists()
        assert (chosen / "preparation.json").read_bytes() == (refit / "preparation.json").read_bytes()
    assert len(found) > 1, found
    cosine = config.model_copy(update={"optimizer": Sgd(kind="sgd", learning_rate=COSINE)})
    assert cosine.refitted(7, 40).optimizer.learning_rate.decay_steps == 36
    assert cosine.refitted(7, 40).refitted(9, 7).optimizer.learning_rate.decay_steps == 36


def test_a_refit_trains_on_the_windows_of_training_and_validation_and_on_no_test_row(trained, config):
    dataset = trained[0].dataset
    found = make_schedule(config.refitted(9, 9), dataset).sequences
    starts = [*dataset.train.starts, *dataset.validation.starts]
    np.testing.assert_array_equal(found.starts, starts)
    assert found.values is dataset.train.values
    assert not (found.aims() & dataset.test.aims()).any()
    np.testing.assert_array_equal(found.aims(), dataset.train.aims() | dataset.validation.aims())


def test_held_out_forecasts_are_those_of_before_the_refit(trained, folder):
    run = load_run(folder)
    dataset = trained[0].dataset
    network = KerasNetwork.of(run, dataset.signature)
    model, found = network.model, validation_outputs(dataset, network)
    each = []
    held = dataset.validation
    inputs, rows = held.gather(range(len(held))).inputs, held.last_rows()
    for net in (run, *run.members):
        restore_weights(model.model, net)
        each.append(own_units(model.model(inputs), dataset, rows))
    np.testing.assert_allclose(own_units(found, dataset, rows), np.mean(each, axis=0), rtol=1e-6)
    assert evaluate(folder, split="validation", write=False).notes[0].startswith("the validation split is scored as")


def test_nothing_is_compiled_once_for_each_member(trained):
    assert sorted(COMPILED) == ["the training step for 4 time steps", "the validation loss"]  # NumPy runs the test


def test_members_differ_in_weights_and_order_but_not_in_their_data(trained, config):
    seeds = [config.member(number).net_seed for number in range(1, 50)]
    assert seeds[0] == config.seed
    assert len(set(seeds)) == len(seeds)
    folder = trained[0].folder
    weights = {(one / "weights.safetensors").read_bytes() for one in _nets(folder)}
    assert len(weights) == 2 * MEMBERS
    assert len({(one / "preparation.json").read_bytes() for one in _nets(folder)}) == 1


def test_of_other_nets_their_end_alone_is_told(trained, folder):
    run, events = trained
    first = [event for event in events if isinstance(event, StepRecord)]
    assert [event.step for event in first] == list(range(1, run.summary.steps + 1))
    told = [event for event in events if isinstance(event, NetRecord)]
    names = ["net 2 of 3", "net 3 of 3", "net 1 of 3, refit", "net 2 of 3, refit", "net 3 of 3, refit"]
    assert [event.name for event in told] == names
    for event, net in zip(told, _nets(folder)[1:], strict=True):
        kept = json.loads((net / "summary.json").read_text())
        assert (kept["steps"], kept["final_loss"]) == (event.summary.steps, event.summary.final_loss)
        line = json.loads(net_line(event))
        assert (line["event"], line["net"], line["of"], line["refit"]) == ("net", event.number, 3, event.refit)
        assert net_text(event).startswith(f"{event.name} · loss ")
        assert f"in {event.summary.steps} steps" in net_text(event)


def _alone(folder, place):
    """The first net of a run, without the others."""
    kept = Path(shutil.copytree(folder, place / "alone", ignore=shutil.ignore_patterns("members")))
    text = (kept / "config.yaml").read_text()
    (kept / "config.yaml").write_text(text.replace(f"members: {MEMBERS}", "members: 1"))
    return kept


def test_from_python_each_net_is_a_run_and_the_model_is_what_predicts(folder):
    run = Run(folder)
    assert [member.path for member in run.members] == _nets(folder, refit=False)
    assert len({member.history["loss"][0] for member in run.members}) == MEMBERS
    kept = load_file(folder / "refit" / "weights.safetensors")
    for path, array in weight_arrays(run.model).items():
        np.testing.assert_array_equal(array, kept[path])


def test_predictions_are_the_mean_of_those_of_the_members(folder, tmp_path):
    nets = [_alone(folder, tmp_path), *_nets(folder, refit=False)[1:]]
    each = np.array([predict(net, horizon=7).frame["y"] for net in nets])  # five rows beyond the trained horizon
    assert np.ptp(each, axis=0).min() > 1e-4
    frame = predict(folder, horizon=7, spread=True).frame
    assert frame.columns == ["t", "y", "y_spread"]
    np.testing.assert_allclose(frame["y"], each.mean(axis=0), rtol=1e-12)
    apart = np.sqrt(np.square(each - each.mean(axis=0)).sum(axis=0) / (MEMBERS - 1))
    np.testing.assert_allclose(frame["y_spread"], apart, rtol=1e-9)
    assert "y_spread" not in predict(folder).frame.columns
    with pytest.raises(ConfigError, match=r"--spread: .* this run has one; train with training\.members: 5"):
        predict(nets[0], spread=True)


def test_the_test_is_of_the_mean_forecast(folder, trained, tmp_path):
    def forecasts(run):
        (line,) = evaluate(run, write=False).results
        return np.array([path for _, path in line.paths])

    nets = [_alone(folder, tmp_path), *_nets(folder, refit=False)[1:]]
    np.testing.assert_allclose(forecasts(folder), np.mean([forecasts(net) for net in nets], axis=0), rtol=1e-7)
    said = trained[0].summary.metrics["test_mae"]  # by TensorFlow
    found = evaluate(folder, write=False)
    assert found.scores.metrics["mae"] == pytest.approx(said, rel=1e-6)
    dataset = trained[0].dataset
    each = [NumpyNetwork.of(load_run(net), dataset.signature).outputs(dataset, dataset.test) for net in nets]
    own = np.array([own_units(outputs, dataset, dataset.test.last_rows()) for outputs in each])
    apart = np.sqrt(np.square(own - own.mean(axis=0)).sum(axis=0) / (MEMBERS - 1)).mean()
    assert found.spread == {"y": pytest.approx(apart, rel=1e-9)}
    (told,) = [fact for fact in evaluation_facts(found) if "differ" in fact]
    assert told == f"its nets differ by {short(apart)} (standard deviation)"
    assert told in evaluation_page(found)
    assert not evaluate(nets[0], write=False).spread


def _stopped_in(monkeypatch, which, step):
    """Has the net of a folder be interrupted after a step."""
    whole = TrainRun._further

    def further(run, folder, config):
        found = whole(run, folder, config)
        if which in str(folder):
            found._loop.until = step
        return found

    monkeypatch.setattr(TrainRun, "_further", further)


@pytest.mark.parametrize("which", ["members/2", "members/2/refit"])
def test_a_run_that_is_interrupted_in_a_further_net_goes_on_to_the_same_bits(trained, folder, which, monkeypatch):
    place = [str(net.relative_to(folder)) for net in _nets(folder)].index(which)
    for net in _nets(folder)[place:]:
        shutil.rmtree(net, ignore_errors=True)  # or the folder that it is in is gone already
    (folder / "summary.json").unlink()  # as a run that is killed before this net
    with monkeypatch.context() as stopped:
        _stopped_in(stopped, which, 2)
        run = resume_steps(folder)
        with pytest.raises(KeyboardInterrupt):
            list(run.events())
    assert (run.summary.stopped, run.summary.steps) == ("interrupted", trained[0].summary.steps)
    assert run.summary.reason.startswith(f"in net 2 of {MEMBERS}")
    assert "steps: in net 2 of 3" in summary_lines(run.summary, None, 24, Style(80, terminal=False, colour=False))
    assert len(read_steps(folder / which / "steps.jsonl")) == 2
    later = _nets(folder)[place + 1]
    assert not later.exists()
    note = evaluate(folder, write=False).notes[0]
    assert note.startswith("the refit on training and" if "refit" in which else f"2 of the {MEMBERS} nets are not")
    report = verify(folder)
    assert (report.same, report.nets) == (True, place + 1)
    later.mkdir()  # as one that is killed while a folder is being made
    again = resume_steps(folder)
    events = list(again.events())
    assert not [event for event in events if isinstance(event, StepRecord)]
    assert list(map(_record, _nets(folder))) == list(map(_record, _nets(trained[0].folder)))
    assert again.summary.metrics == trained[0].summary.metrics
    with pytest.raises(NothingLeftError):
        resume_steps(folder)


def test_a_longer_training_is_refitted_anew(folder):
    again = resume_steps(folder, epochs=7)
    list(again.events())
    for net in _nets(folder, refit=False):
        summary = json.loads((net / "summary.json").read_text())
        assert summary["steps"] in (28, 4 * summary["best_epoch"] + 8)
        assert len(read_steps(net / "refit" / "steps.jsonl")) == 4 * summary["best_epoch"]


def test_every_net_is_verified(folder, capsys):
    assert command(["verify", str(folder)]) == 0
    assert f"of {2 * MEMBERS} nets trained again: the same bits" in capsys.readouterr().out
    last = member_folder(folder, MEMBERS) / "refit" / "weights.safetensors"
    weights = load_file(last)
    weights["head/kernel"] = np.nextafter(weights["head/kernel"], np.float32(9))
    save_file(weights, last)
    assert command(["verify", str(folder)]) == 5
    told = capsys.readouterr().out
    assert f"{2 * MEMBERS - 1} nets trained again, the same bits; then {last.parent}" in told
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
    changed.write_text(changed.read_text().replace("learning_rate: 0.02", "learning_rate: 0.5"))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}
    with pytest.raises(RunError, match=r"optimizer\.learning_rate was 0\.02 and is 0\.5; put it back"):
        resume_steps(folder)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def test_a_net_that_does_not_stay_finite_ends_the_run(config, tmp_path, monkeypatch):
    whole = TrainRun._further

    def broken(run, folder, config):
        found = whole(run, folder, config)
        if config.training.member == 2:
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
        ({"refit": "true"}, "there are none; set data.split.validation, such as 0.15, or remove training.refit"),
        (
            {"refit": "true", "with_validation": "true"},
            "refit needs validation rows that are not trained on",
        ),
    ],
    ids=str,
)
def test_numbers_of_nets_that_are_none_are_refused(training, told):
    overrides = [f"training.{key}={value}" for key, value in training.items()]
    with pytest.raises(ConfigError) as error:
        load_config(None, overrides)
    assert told in str(error.value)
