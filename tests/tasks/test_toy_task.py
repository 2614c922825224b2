"""A task that is added from here alone, by nothing but an entry in `TASKS`, goes through every command."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from rnnctl.cli.main import run as command
from rnnctl.config import load_config
from rnnctl.config.dataset import load_dataset
from rnnctl.tasks import TASKS, Task
from rnnctl.util.registry import UnknownEntryError

ROWS, LENGTH, STRIDE = 120, 7, 3
MODEL = "model: {layers: [{cell: simple_rnn, units: 4}]}\noptimizer: {kind: sgd, learning_rate: 0.05}\n"
SETTINGS = MODEL + "training: {steps: 8, batch_size: 16}\ncheckpoints: {steps: 4}\n"


class Middle(Task):
    """The target at the middle row of each window."""

    def target_rows(self, starts: Any, lengths: Any) -> Any:
        return starts + lengths // 2


MIDDLE = Middle("middle", "the target at the middle row of a window", per_step=False, labels=True)


@pytest.fixture(scope="module", autouse=True)
def _added() -> Iterator[None]:
    with TASKS.extended(MIDDLE):
        yield


def run(*arguments: str | Path, code: int = 0) -> str:
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        found = command([str(argument) for argument in arguments])
    assert found == code, printed.getvalue()
    return printed.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toys")
    noise = np.random.default_rng(0).normal(size=ROWS)
    rows = (f"{row},{x:.4f},{x + np.sin(row / 3):.4f}" for row, x in enumerate(noise))
    (folder / "table.csv").write_text("\n".join(["row,x,y", *rows]) + "\n", encoding="utf-8")
    (folder / "middle.yaml").write_text(
        "data:\n  {kind: csv, path: table.csv, time: row, task: middle, features: [x], target: [y], "
        f"window: {{length: {LENGTH}, stride: {STRIDE}}}}}\n{SETTINGS}",
        encoding="utf-8",
    )
    run("train", folder / "middle.yaml", "--out", folder)
    return folder


def test_every_command_takes_it(folder: Path) -> None:
    config, trained = folder / "middle.yaml", folder / "middle-1"
    assert "middle · SimpleRNN 4 · mse" in run("check", config)
    run("inspect-gradients", config)
    run("forward", config)
    assert json.loads((trained / "summary.json").read_text(encoding="utf-8"))["steps"] == 8
    assert json.loads(run("evaluate", trained, "--json").splitlines()[-1])["task"] == "middle"
    run("resume", trained, "--steps", "12")
    run("report", trained, "-o", folder / "middle.html")
    assert "middle" in (folder / "middle.html").read_text(encoding="utf-8")
    assert "``middle`` the target at the middle row of a window" in run("schema")


def test_a_target_is_that_of_the_middle_row(folder: Path) -> None:
    dataset = load_dataset(load_config(folder / "middle.yaml"))
    raw = pl.read_csv(folder / "table.csv")["y"].to_numpy()
    for split in dataset.splits.values():
        assert dataset.target_scaler is not None
        targets = dataset.target_scaler.inverse(split.gather(np.arange(len(split))).targets)
        np.testing.assert_allclose(targets[:, 0], raw[split.starts + split.lengths // 2], rtol=1e-5, atol=1e-6)


def test_a_value_is_predicted_for_every_window(folder: Path) -> None:
    run("predict", folder / "middle-1", "-o", folder / "predicted.csv")
    found = pl.read_csv(folder / "predicted.csv")
    assert len(found) == len(range(0, ROWS - LENGTH + 1, STRIDE)) + 1  # the last piece ends with the series
    assert found["y"].is_finite().all()


def test_what_a_label_cannot_be_asked_is_refused(folder: Path) -> None:
    assert "--horizon: this is for a forecast" in run("predict", folder / "middle-1", "--horizon", "2", code=2)
    told = run("check", folder / "middle.yaml", "--set", "data.features=null", code=2)
    assert "middle needs data.features: the columns that the model sees" in told
    told = run("check", folder / "middle.yaml", "--set", "model.return_sequences=true", code=2)
    assert "middle has a target for each sequence, none at every time step" in told


def test_an_unknown_task_stands_for_no_other(folder: Path) -> None:
    told = run("check", folder / "middle.yaml", "--set", "data.task=midle", code=2)
    assert "allowed: forecast, per_sequence, per_step, next_step, middle; did you mean middle?" in told
    with pytest.raises(UnknownEntryError, match="no task is called 'midle'"):
        TASKS["midle"]
