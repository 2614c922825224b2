"""Runs every command on a small table, for tests that add an entry to a table from one module."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import polars as pl

from rnnctl.cli.main import run as command

ROWS = 120


def run(*arguments: str | Path, code: int = 0) -> str:
    """Runs a command in this process, and gives what it prints."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        found = command([str(argument) for argument in arguments])
    assert found == code, printed.getvalue()
    return printed.getvalue()


def write_config(folder: Path, name: str, sections: str) -> Path:
    """Writes a forecast over a small table, with the model, loss and so on of ``sections``."""
    noise = np.random.default_rng(0).normal(size=ROWS)
    rows = (f"{row},{np.sin(row / 3) + 0.1 * x:.4f}" for row, x in enumerate(noise))
    (folder / "table.csv").write_text("\n".join(["row,y", *rows]) + "\n", encoding="utf-8")
    config = folder / f"{name}.yaml"
    data = "{kind: csv, path: table.csv, time: row, features: [y], target: [y], window: {length: 3, horizon: 1}}"
    training = "training: {steps: 8, batch_size: 16}\ncheckpoints: {steps: 4}\n"
    config.write_text(f"data: {data}\n{sections}\n{training}", encoding="utf-8")
    return config


def every_command(config: Path, word: str) -> None:
    """Trains a config, and puts it and its run through every other command; ``word`` stands in what is printed."""
    folder, name = config.parent, config.stem
    assert word in run("check", config)
    assert word in run("train", config, "--out", folder)
    trained = folder / f"{name}-1"
    assert json.loads((trained / "summary.json").read_text(encoding="utf-8"))["steps"] == 8
    assert "checked" in run("inspect-gradients", config)
    run("inspect-gradients", trained)
    assert "largest difference" in run("forward", config)
    assert json.loads(run("evaluate", trained, "--json").splitlines()[-1])["metrics"]["mae"] > 0
    run("predict", trained, "-o", folder / "predicted.csv")
    assert pl.read_csv(folder / "predicted.csv")["y"].is_finite().all()
    run("resume", trained, "--steps", "12")
    run("report", trained, "-o", folder / "report.html")
    assert word in (folder / "report.html").read_text(encoding="utf-8")
