"""Data sources that are added from here alone, by nothing but an entry in `SOURCES`, go through every command."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest

from rnnctl.cli.main import run as command
from rnnctl.config import load_config
from rnnctl.data.generated import whole_sequences
from rnnctl.data.sequences import generator
from rnnctl.errors import ConfigError
from rnnctl.schema.base import PositiveInt
from rnnctl.schema.data import DataSection, FileFormat
from rnnctl.schema.split import Split
from rnnctl.sources import SOURCES, Source
from rnnctl.sources.csv import CsvData


class MeanData(DataSection):
    """Noise, and its mean as the target of each sequence."""

    target_per_step: ClassVar = False
    target_values: ClassVar = 1

    kind: Literal["mean"]
    length: PositiveInt = 6
    split: Split = Split(validation=10, test=10)

    def load(self, *, seed: int, **_: Any) -> Any:
        values = generator(seed, "mean").standard_normal((60, self.length, 1), dtype=np.float32)
        return whole_sequences(
            values,
            values.mean(axis=1),
            self.split,
            placement="sequence",
            feature_names=("noise",),
            target_names=("mean",),
        )


class TsvData(CsvData):
    """A CSV file whose columns are separated by tabs."""

    file_format: ClassVar = FileFormat("tsv", "TSV", (".tsv",))

    kind: Literal["tsv"]  # type: ignore[assignment]
    separator: str = "\t"


@pytest.fixture(scope="module", autouse=True)
def _added() -> Iterator[None]:
    with SOURCES.extended(Source("mean", MeanData), Source("tsv", TsvData)):
        yield


def run(*arguments: str | Path, code: int = 0) -> str:
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        found = command([str(argument) for argument in arguments])
    assert found == code, printed.getvalue()
    return printed.getvalue()


MODEL = "\nmodel: {layers: [{cell: simple_rnn, units: 4}]}\noptimizer: {kind: sgd, learning_rate: 0.05}\n"
SETTINGS = MODEL + "training: {steps: 8, batch_size: 16}\ncheckpoints: {steps: 4}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toys")
    wave = (f"{row}\t{np.sin(row / 3):.4f}" for row in range(80))
    (folder / "wave.tsv").write_text("\n".join(["row\ty", *wave]) + "\n", encoding="utf-8")
    (folder / "tsv.yaml").write_text(
        "data: {kind: tsv, path: wave.tsv, target: [y], window: {length: 6}}" + SETTINGS, encoding="utf-8"
    )
    (folder / "mean.yaml").write_text("data: {kind: mean, length: 5}" + SETTINGS, encoding="utf-8")
    for name in ("mean", "tsv"):
        run("train", folder / f"{name}.yaml", "--out", folder)
    return folder


@pytest.mark.parametrize("name", ["mean", "tsv"])
def test_every_command_takes_it(folder: Path, name: str) -> None:
    config, trained = folder / f"{name}.yaml", folder / f"{name}-1"
    assert f"{name} · SimpleRNN 4 · mse" in run("check", config)
    run("inspect-gradients", config)
    run("forward", config)
    assert json.loads((trained / "summary.json").read_text(encoding="utf-8"))["steps"] == 8
    assert "test" in run("evaluate", trained)
    run("resume", trained, "--steps", "12")
    run("report", trained, "-o", folder / f"{name}.html")
    assert name in (folder / f"{name}.html").read_text(encoding="utf-8")
    assert name in run("schema")


def test_made_up_data_has_no_rows_to_come(folder: Path) -> None:
    assert "its data is made up" in run("predict", folder / "mean-1", code=1)


def test_rows_to_come_of_a_table_are_predicted(folder: Path) -> None:
    assert "80" in run("predict", folder / "tsv-1", "--horizon", "2")


def test_a_folder_of_its_files_is_named_where_another_kind_was_asked_for(folder: Path) -> None:
    settings = f"data.path={folder}", "data.kind=csv"
    told = run("check", folder / "tsv.yaml", *(part for one in settings for part in ("--set", one)), code=3)
    assert "holds no CSV file (*.csv, *.csv.gz), but TSV files such as wave.tsv; set data.kind: tsv" in told


def test_an_unknown_source_stands_for_no_other(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("data: {kind: means}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'means' is not known; allowed: .*text, mean, tsv; did you mean mean\?"):
        load_config(path)
