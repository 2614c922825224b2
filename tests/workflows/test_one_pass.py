"""Each thing that training is made from is derived once, and handed on."""

from __future__ import annotations

import csv
import importlib

import pytest

from rnnctl.config.schema import Config
from rnnctl.workflows.train import train_steps

ONCE = {
    "names of columns": ("rnnctl.data.column_patterns", "with_names"),
    "dataset": ("rnnctl.training.build", "load_dataset"),
    "columns": ("rnnctl.data.table_dataset", "make_dataset"),
    "schedule": ("rnnctl.training.build", "make_schedule"),
    "batches": ("rnnctl.training.epochs", "Epochs.__init__"),
    "footprint": ("rnnctl.model.footprint", "training_bytes"),
    "model": ("rnnctl.model.build", "build_model"),
    "optimizer": ("rnnctl.training.setup", "build_optimizer"),
    "program": ("rnnctl.training.program", "TrainingProgram.__init__"),
}


@pytest.fixture
def calls(monkeypatch):
    """How often each of ``ONCE`` was called, by name."""
    found = dict.fromkeys(ONCE, 0)

    def count(name, module, path):
        *owners, attribute = path.split(".")
        owner = importlib.import_module(module)
        for each in owners:
            owner = getattr(owner, each)
        original = getattr(owner, attribute)

        def counted(*args, **kwargs):
            found[name] += 1
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, attribute, counted)

    for name, (module, path) in ONCE.items():
        count(name, module, path)
    return found


def _config(folder):
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["time", "p1", "p2", "y"])
        rows.writerows([step, step % 5, step % 3, step % 7] for step in range(60))
    data = {"kind": "csv", "path": str(folder / "table.csv"), "time": "time", "target": ["y"], "features": ["p*"]}
    return Config.model_validate(
        {
            "data": {**data, "task": "forecast", "window": {"length": 6}, "split": {"validation": 0.2, "test": 0.2}},
            "model": {"layers": [{"cell": "simple_rnn", "units": 3}]},
            "optimizer": {"kind": "sgd", "learning_rate": 0.1},
            "training": {"steps": 3, "batch_size": 4},
        }
    )


def test_training_derives_each_part_once(calls, tmp_path):
    run = train_steps(_config(tmp_path), out=tmp_path / "runs")
    assert [record.step for record in run] == [1, 2, 3]
    assert run.config.data.features == ("p1", "p2")
    assert calls == dict.fromkeys(ONCE, 1)
