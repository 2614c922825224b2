"""Nothing of a run depends on the working folder, nor on spaces, other letters or links in its path."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from rnnctl.cli.main import run
from rnnctl.runs.listing import entry_of

CONFIG = """
name: größe
seed: 1
data: {kind: csv, path: daten/höhe 1.csv, time: day, target: [level], window: {length: 5, horizon: 2},
       split: {validation: 8, test: 8}}
model: {layers: [{cell: simple_rnn, units: 3}]}
training: {steps: 6, batch_size: 8}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder that holds a config, data beside it and a run, trained with relative paths alone."""
    folder = tmp_path_factory.mktemp("place") / "mein Projekt äöü 日本"
    (folder / "daten").mkdir(parents=True)
    levels = np.random.default_rng(3).normal(size=50).cumsum()
    rows = "".join(f"{day},{level}\n" for day, level in enumerate(levels.tolist()))
    (folder / "daten" / "höhe 1.csv").write_text(f"day,level\n{rows}", encoding="utf-8")
    (folder / "first try.yaml").write_text(CONFIG, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert run(["train", "first try.yaml", "--quiet"]) == 0
    finally:
        os.chdir(before)
    (made,) = (folder / "runs").iterdir()
    return folder, made


def _printed(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out


@pytest.fixture(params=["its own path", "a symbolic link", "a link to the run", "a relative path"])
def place(request, project, tmp_path, monkeypatch):
    """The run's folder as another working folder names it."""
    folder, made = project
    monkeypatch.chdir(tmp_path)
    if request.param == "a symbolic link":
        (tmp_path / "ein Verweis").symlink_to(folder, target_is_directory=True)
        return tmp_path / "ein Verweis" / "runs" / made.name
    if request.param == "a link to the run":
        (tmp_path / "newest").symlink_to(made, target_is_directory=True)
        return "newest"
    return os.path.relpath(made, tmp_path) if request.param == "a relative path" else made


def test_all_that_reads_a_run_gives_the_same_from_anywhere(place, project, capsys, monkeypatch, tmp_path):
    folder, made = project
    elsewhere = [_printed(capsys, "evaluate", place, "--json"), _printed(capsys, "predict", place)]
    assert "the same bits" in _printed(capsys, "verify", place)
    page = tmp_path / "eine Seite.html"
    _printed(capsys, "report", place, "--out", page.name)
    assert "größe" in page.read_text(encoding="utf-8")
    monkeypatch.chdir(folder)
    inside = Path("runs", made.name)
    assert elsewhere == [_printed(capsys, "evaluate", inside, "--json"), _printed(capsys, "predict", inside)]
    assert json.loads(elsewhere[0])["name"] == "größe"


def test_a_run_goes_on_from_anywhere_in_its_own_folder(place, project, capsys, tmp_path):
    made = project[1]
    before = entry_of(made).steps
    _printed(capsys, "resume", place, "--steps", before + 2, "--quiet")
    assert entry_of(made).steps == before + 2
    assert [entry.name for entry in made.parent.iterdir()] == [made.name]
    assert not [entry for entry in tmp_path.iterdir() if not entry.is_symlink()]
