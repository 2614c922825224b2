"""``rnnctl check``: all faults of all files, and a line for each good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnctl.cli.main import run

GOOD = "data: {kind: sine}\n"
SHORT = (
    "data:\n  kind: csv\n  path: short.csv\n  target: [x]\n  window: {length: 3}\n  split: {test: 3, validation: 0}\n"
)
NO_FILE = "data:\n  kind: csv\n  path: missing.csv\n  target: [x]\n  window: {length: 3}\n"
BAD = "data: {kind: sine}\nsede: 1\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"good": GOOD, "nofile": NO_FILE, "bad": BAD}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_a_good_file_is_summed_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "good.yaml"]) == 0
    told = capsys.readouterr()
    text = " ".join(told.out.replace(" · ", " ").split())
    assert text.startswith("good.yaml good SimpleRNN 64 mse sgd 0.01")
    # 500 sequences, a tenth each for validation and test; 13 batches of 32 an epoch, 10 epochs.
    assert "400 train + 50 validation + 50 test sequences" in text
    assert text.endswith("40 time steps × 1 feature 1 output 130 steps")
    assert told.err == ""


@pytest.mark.parametrize(
    ("files", "code"),
    [(["bad"], 2), (["nofile"], 3), (["nofile", "bad"], 2), (["good", "bad", "nofile"], 2), (["gone"], 2)],
)
def test_faults_of_all_files_are_told_and_the_config_counts_first(
    folder: Path, files: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", *(f"{name}.yaml" for name in files)]) == code
    told = capsys.readouterr()
    expected = {"bad": "bad.yaml:2:1: sede: ", "nofile": "missing.csv", "gone": "gone.yaml"}
    for name in files:
        assert name == "good" or expected[name] in told.err
    assert ("good.yaml" in told.out) == ("good" in files)
    assert "Traceback" not in told.err


def test_a_model_that_does_not_fit_its_data_is_a_fault(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "wide.yaml").write_text(GOOD + "model: {head: none}\n")
    assert run(["check", "wide.yaml"]) == 2
    assert "model.head" in capsys.readouterr().err


def test_a_fault_of_the_data_that_names_no_file_of_its_own_names_the_config(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "short.yaml").write_text(SHORT)
    (folder / "short.csv").write_text("x\n1\n2\n")
    assert run(["check", "short.yaml", "nofile.yaml"]) == 3
    short, nofile = capsys.readouterr().err.splitlines()
    assert short.startswith("short.yaml: data.split: validation takes 0 and test 3 of 2 rows")
    assert nofile.startswith(f"{folder / 'missing.csv'}: there is no such file")


def test_what_is_done_to_the_rows_of_good_data_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "short.yaml").write_text(SHORT + "  time: t\n")
    (folder / "short.csv").write_text("t,x\n2,1\n1,3\n" + "".join(f"{t},{t % 3}\n" for t in range(3, 12)))
    assert run(["check", "short.yaml"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("short.yaml")
    assert told.err == f"note: {folder / 'short.csv'}: rows were not in time order and were sorted by 't'\n"


def test_overrides_are_checked_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "good.yaml", "--set", "training.epochs=3", "--set", "data.length=7"]) == 0
    text = " ".join(capsys.readouterr().out.replace(" · ", " ").split())
    assert text.endswith("7 time steps × 1 feature 1 output 39 steps")
    assert run(["check", "good.yaml", "--set", "optimizer.lerning_rate=1"]) == 2
    assert "did you mean learning_rate?" in capsys.readouterr().err
