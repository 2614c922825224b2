"""The commands that score and predict, with the work itself replaced by results made by hand."""

from __future__ import annotations

import json
import sys

import polars as pl
import pytest
from cli.console.test_evaluation import FORECAST
from cli.fakes import Terminal

from rnnctl.cli.main import run
from rnnctl.errors import DataError
from rnnctl.workflows import evaluate, predict
from rnnctl.workflows.predict import Prediction

FRAME = pl.DataFrame({"shop": ["=a", "b"] * 15, "sold": [True, False] * 15, "price": [1.5, -2.0] * 15})


@pytest.fixture
def answered(monkeypatch):
    """What the workflows are asked; they answer with results made by hand."""
    asked = []

    def answer(found):
        def work(path, **options):
            asked.append((str(path), options))
            if isinstance(found, Exception):
                raise found
            return found

        return work

    def _answered(evaluation=None, prediction=None):
        monkeypatch.setattr(evaluate, "evaluate", answer(evaluation))
        monkeypatch.setattr(predict, "predict", answer(prediction))
        return asked

    return _answered


def test_evaluate_hands_on_its_options_and_writes_a_page(answered, capsys, tmp_path):
    asked = answered(FORECAST)
    page = tmp_path / "page.html"
    assert (
        run(["evaluate", "runs/a-1", "--split", "validation", "--folds", "2", "--interval", "80", "--html", str(page)])
        == 0
    )
    options = {"split": "validation", "folds": 2, "season": None, "interval": ("80",), "data": None, "engine": "auto"}
    assert asked == [("runs/a-1", options)]
    out = capsys.readouterr()
    assert out.out.startswith("sunspots-1   SimpleRNN 64")
    assert "page.html" in out.err
    assert "<h1>sunspots-1</h1>" in page.read_text()


def test_evaluate_writes_one_json_object_and_nothing_else(answered, capsys):
    answered(FORECAST)
    assert run(["evaluate", "runs/a-1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["mae"] == 12.36


def test_evaluate_ends_with_the_code_of_what_went_wrong(answered, capsys):
    answered(DataError("a.csv: gone"))
    assert run(["evaluate", "runs/a-1"]) == 3
    assert capsys.readouterr().err == "error: a.csv: gone\n"
    assert run(["evaluate", "runs/a-1", "--folds", "1"]) == 2


def test_predict_writes_csv_into_a_pipe_and_notes_beside_it(answered, capsys):
    asked = answered(prediction=Prediction("a-1", FRAME, notes=("two rows were strange",), engine="NumPy"))
    asking = ["--horizon", "3", "--interval", "80", "--interval", "95", "--spread", "--engine", "numpy"]
    assert run(["predict", "runs/a-1", *asking]) == 0
    options = {"data": None, "horizon": 3, "prompt": None, "temperature": None, "seed": 0, "interval": ("80", "95")}
    options |= {"spread": True, "engine": "numpy"}
    assert asked == [("runs/a-1", options)]
    out = capsys.readouterr()
    assert out.out.startswith("shop,sold,price\n'=a,true,1.5\nb,false,-2.0\n")
    assert out.err == "note: two rows were strange\ncomputed by NumPy\n"


def test_predict_shows_a_terminal_the_first_rows(answered, monkeypatch):
    answered(prediction=Prediction("a-1", FRAME))
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("NO_COLOR", "1")
    assert run(["predict", "runs/a-1"]) == 0
    lines = screen.getvalue().splitlines()
    assert lines[:3] == ["shop  sold     price", "=a    true    1.5000", "b     false  -2.0000"]
    assert lines[-1] == "… 10 more rows; -o FILE writes them all"


def test_predict_prints_a_text_that_was_gone_on_with(answered, capsys):
    answered(prediction=Prediction("a-1", FRAME, "She was\nhere\x1b[2J"))
    assert run(["predict", "runs/a-1"]) == 0
    assert capsys.readouterr().out == "She was\nhere\\x1b[2J\n"


def test_predict_writes_a_file_once_and_not_again_unless_forced(answered, capsys, tmp_path):
    asked = answered(prediction=Prediction("a-1", FRAME))
    path = tmp_path / "out.parquet"
    assert run(["predict", "runs/a-1", "-o", str(path)]) == 0
    assert pl.read_parquet(path).equals(FRAME)
    assert "30 rows in " in capsys.readouterr().err
    asked.clear()
    assert run(["predict", "runs/a-1", "-o", str(path)]) == 1
    assert asked == []  # told before the work, not after it
    assert "--force" in capsys.readouterr().err
    assert run(["predict", "runs/a-1", "-o", str(path), "--force"]) == 0


def test_predict_names_the_endings_that_it_can_write(answered, capsys, tmp_path):
    answered(prediction=Prediction("a-1", FRAME))
    assert run(["predict", "runs/a-1", "-o", str(tmp_path / "out.xlsx")]) == 2
    assert "ends in none of .csv, .parquet and .txt" in capsys.readouterr().err
