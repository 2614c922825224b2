from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from rnnctl.results.checks import SMOKE_CHECKS
from rnnctl.workflows import smoke as module
from rnnctl.workflows.smoke import smoke

SMALL = {
    "data": {"kind": "dummy", "sequences": 10, "length": 4, "features": 2, "outputs": 2},
    "model": {"layers": [{"cell": "gru", "units": 3, "dropout": 0.2}]},
    "optimizer": {"kind": "adam", "global_clipnorm": 0.1},
    "training": {"batch_size": 4},
}


@pytest.fixture
def run(tmp_path: Path):
    def _run(**changes):
        path = tmp_path / "small.yaml"
        path.write_text(yaml.safe_dump(SMALL | changes), encoding="utf-8")
        (report,) = smoke([path])
        return report

    return _run


def _failed(report):
    return {check.name: check.message for check in report.checks if not check.passed}


def test_a_sound_config_passes_every_check(run):
    report = run()
    assert [check.name for check in report.checks] == list(SMOKE_CHECKS)
    assert report.passed, _failed(report)
    assert report.verdict is not None


def test_a_config_that_cannot_be_used_fails_that_check_alone_and_the_next_one_is_looked_at(tmp_path: Path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    bad.write_text("data: {kind: csv, path: none.csv, target: [y], window: {length: 2}}", encoding="utf-8")
    first, second, third = smoke([tmp_path / "missing.yaml", bad, good])
    assert "no such file" in _failed(first)["loads"]
    assert "there is no such file" in _failed(second)["loads"]
    assert len(first.checks) == len(second.checks) == 1
    assert third.passed


@pytest.mark.parametrize(
    ("place", "name", "checks"),
    [
        ("rnnctl.workflows.smoke.build", "loads", 1),
        ("rnnctl.workflows.forward.forward_numpy", "forward", len(SMOKE_CHECKS)),
    ],
)
def test_a_defect_fails_its_config_with_its_traceback_and_the_others_are_looked_at(
    tmp_path, monkeypatch, place, name, checks
):
    paths = [tmp_path / "first.yaml", tmp_path / "second.yaml"]
    for path in paths:
        path.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    looked = []
    module_name, _, function = place.rpartition(".")
    real = getattr(importlib.import_module(module_name), function)

    def broken(*arguments, **more):
        looked.append(1)
        if len(looked) == 1:
            raise ZeroDivisionError("of a defect")
        return real(*arguments, **more)

    monkeypatch.setattr(place, broken)
    first, second = smoke(paths)
    (failed,) = [check for check in first.checks if not check.passed]
    assert (failed.name, failed.message) == (name, "unexpected ZeroDivisionError: of a defect")
    assert failed.traceback is not None
    assert 'raise ZeroDivisionError("of a defect")' in failed.traceback
    assert len(first.checks) == checks
    assert second.passed, _failed(second)


def test_checks_that_need_steps_say_so_where_none_could_be_taken(run, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(module._Subject, "take", broken)
    found = _failed(run())
    assert found["finite"] == "unexpected ZeroDivisionError: "
    assert found["gradient"] == "not looked at: no step could be taken"
    assert found["same bits"].startswith("not looked at: ")
    assert found["resumes"].startswith("not looked at: ")


def test_weights_without_gradient_are_named(run):
    layer = {
        "cell": "simple_rnn",
        "units": 3,
        "activation": "relu",
        "bias_initializer": {"kind": "constant", "value": -99.0},
    }
    found = _failed(run(model={"layers": [layer]}))
    assert found["gradient"].startswith("no gradient reaches recurrent_0/kernel, recurrent_0/recurrent_kernel, ")


def test_a_loss_that_is_no_number_is_told_with_its_step(run):
    found = _failed(run(optimizer={"kind": "sgd", "learning_rate": 1e30}))
    assert "expected numbers" in found["finite"]
    assert found["finite"].startswith("step ")


def test_another_verdict_than_the_declared_one_fails(run):
    found = _failed(run(gradients={"expect": "exploding"}))
    assert list(found) == ["verdict"]
    assert found["verdict"].startswith("gradients.expect is exploding, and the verdict is ")


def test_a_checkpoint_that_lacks_something_does_not_pass_for_a_whole_one(run, monkeypatch):
    real = module.read_checkpoint

    def without_momentum(folder, step):
        found = real(folder, step)
        spoilt = {
            name: array * 0 if name.endswith("momentum") else array for name, array in found.snapshot.optimizer.items()
        }
        return replace(found, snapshot=replace(found.snapshot, optimizer=spoilt))

    monkeypatch.setattr(module, "read_checkpoint", without_momentum)
    found = _failed(run())
    assert list(found) == ["resumes"]
    assert "of the run that was stopped after step 2 has other bits" in found["resumes"]


def test_a_model_that_begins_otherwise_each_time_is_noticed(run, monkeypatch):
    import rnnctl.model.build as build_module

    real, calls = build_module.derive_seed, []

    def restless(seed, *places):
        calls.append(places)
        return real(seed + len(calls), *places)

    monkeypatch.setattr(build_module, "derive_seed", restless)
    assert "begins with other values" in _failed(run())["same bits"]


def test_a_forward_pass_that_is_not_the_equations_is_noticed(run, monkeypatch):
    import rnnctl.workflows.forward as forward_module

    real = forward_module.forward_numpy

    def shifted(*arguments, **more):
        found = real(*arguments, **more)
        return replace(found, prediction=found.prediction + 0.01)

    monkeypatch.setattr(forward_module, "forward_numpy", shifted)
    assert "outputs differ from those of plain NumPy" in _failed(run())["forward"]
