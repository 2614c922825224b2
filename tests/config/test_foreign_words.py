"""What people of other libraries type is answered with the key of ours that it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnctl.cli.main import run
from rnnctl.config import load_config
from rnnctl.config.foreign_words import KEYS, VALUES, our_key, our_word
from rnnctl.config.schema_tree import schema_at
from rnnctl.errors import ConfigError

ROOT = {
    "data": {"kind": "csv"},
    "model": {"layers": [{"cell": "gru"}]},
    "optimizer": {"kind": "adam"},
    "training": {},
    "loss": {"kind": "quantile"},
}


def path_of(key: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in key.split("."))


@pytest.mark.parametrize("key", sorted(set(KEYS.values())))
def test_every_key_of_the_table_is_one(key: str) -> None:
    assert any(schema_at(path_of(key), {**ROOT, "optimizer": {"kind": kind}}) for kind in ("adam", "adamw", "sgd"))


def test_every_value_of_the_table_is_a_word_of_ours() -> None:
    said = {"mse", "mae", "huber", "quantile", "binary_crossentropy", "categorical_crossentropy", "simple_rnn"}
    said |= {"standard", "minmax", "robust", "forward", "interpolate", "drop", "balanced"}
    assert set(VALUES.values()) == said | {"forecast", "per_sequence", "per_step", "next_step"}


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("lr", "optimizer.learning_rate"),
        ("--max-epochs", "training.epochs"),
        ("optimizer.lr", "optimizer.learning_rate"),
        ("hidden_size", "model.layers.0.units"),
        ("seq_len", "data.window.length"),
        ("patience", "training.early_stopping.patience"),
        ("batch_size", "training.batch_size"),
        ("units", "model.layers.0.units"),
        ("learning_rte", "optimizer.learning_rate"),
        ("xyzzy", None),
    ],
)
def test_a_word_finds_its_key(word: str, key: str | None) -> None:
    assert our_key(word) == key


def test_a_value_finds_its_word_among_those_allowed() -> None:
    assert our_word("MSELoss", ["mse", "mae"]) == "mse"
    assert our_word("linear", ["mse", "mae"]) is None
    assert our_word("LSTMs", ["lstm", "gru"]) == "lstm"


@pytest.mark.parametrize(
    ("override", "meant"),
    [
        ("epochs=3", "training.epochs"),
        ("optimizer.lr=0.1", "learning_rate"),
        ("patience=3", "training.early_stopping.patience"),
        ("model.layers.0.hidden_size=8", "units"),
        ("loss=cross_entropy", "categorical_crossentropy"),
        ("model.layers.0.cell=rnn", "simple_rnn"),
        ("optimizer={type: adam}", "kind"),
    ],
)
def test_overrides_are_answered_with_what_is_meant(override: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [override])
    assert f"did you mean {meant}?" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("train --lr 0.1", "No such option: --lr. Write --set optimizer.learning_rate=VALUE."),
        ("train --max-epochs 3", "Did you mean --epochs?"),
        ("train --batch-size 3", "Write --set training.batch_size=VALUE."),
        ("train --outt x", "Did you mean --out?"),
        ("init --target-col y", "Did you mean --target?"),
        ("init --lookback 8", "In a config it is data.window.length."),
        ("init --data x.csv", "Did you mean --from?"),
        ("train --gpu", "No option chooses the device: rnnctl uses what TensorFlow finds"),
        ("evaluate x --device 0", "No option chooses the device"),
        ("train --resume x", "A run goes on with: rnnctl resume RUN"),
        ("predict x --input new.csv", "Did you mean --data?"),
        ("predict x --steps 4", "Did you mean --horizon?"),
        ("evaluate x --cv 4", "Did you mean --folds?"),
        ("train --zzz", "No such option: --zzz.\n"),
        ("predict runs/a x.csv", "Got unexpected extra argument (x.csv). A file of data is given with --data FILE."),
        ("runs a b", "Got unexpected extra argument (b)\n"),
    ],
)
def test_options_are_answered_with_what_is_meant(line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line.split()) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "check", "forward", "inspect-gradients", "smoke", "bench"])
def test_a_data_file_where_a_config_is_expected_is_told(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my shop.csv").write_text("t,x\n" + "".join(f"{k},{k * k % 11}\n" for k in range(60)))
    assert run([command, "my shop.csv"]) == (5 if command == "smoke" else 2)
    told = capsys.readouterr()
    advice = "write a config for it with rnnctl init --from 'my shop.csv', then use my shop.yaml"
    assert f"is a data file, not a config; {advice}" in told.err + told.out
    assert run(["init", "--from", "my shop.csv"]) == 0
    assert run(["check", "my shop.yaml", "--quiet"]) == 0


def test_a_table_of_another_name_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "shop.dat"
    path.write_text("t;x\n1;2\n")
    with pytest.raises(ConfigError, match="if this is a data file, write a config for it: rnnctl init --from"):
        load_config(path)


@pytest.mark.parametrize("command", ["predict", "evaluate", "resume", "verify", "report"])
def test_a_run_that_is_not_there_is_answered_with_the_nearest(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("shop28-1", "shop28-10", "shop2-9"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "config.yaml").touch()
    assert run([command, "runs/shop28-9"]) == 1
    assert "there is no such folder; did you mean runs/shop28-10?" in capsys.readouterr().err
    Path("shop.csv").touch()
    assert run([command, "shop.csv"]) == 1
    assert "this is a file, not the folder of a run; give a run folder, such as runs/" in capsys.readouterr().err
