"""``rnnctl init``: writes one file, never over another."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rnnctl.cli.main import run

SERIES = "year,height\n" + "".join(f"{1900 + k},{(k * 7) % 11}\n" for k in range(120))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "river.csv").write_text(SERIES)
    return tmp_path


def test_a_config_is_named_after_its_data_and_passes_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--from", "river.csv"]) == 0
    assert capsys.readouterr().out == (
        "wrote river.yaml\n"
        "  target    'height': the only such column; whole numbers, 0 to 10\n"
        "  used      time 'year'\n"
        "now: rnnctl check river.yaml, then rnnctl train river.yaml\n"
    )
    assert run(["check", "river.yaml"]) == 0


@pytest.mark.parametrize(("data", "config"), [("a.csv.gz", "a"), ("a.b.parquet", "a.b"), (".x", ".x"), ("-a.csv", "a")])
def test_endings_are_left_away(data: str, config: str) -> None:
    from rnnctl.cli.init import _stem

    assert _stem(Path("deep") / data) == config


def test_the_whole_config_reads_like_this(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--from", "river.csv", "-o", "-"]) == 0
    assert capsys.readouterr().out == GOLDEN
    assert not list(folder.glob("*.yaml"))


GOLDEN = """\
# Written by rnnctl init from river.csv: its 120 rows were looked at.
# Each line says why it is as it is. Change what you know better; rnnctl check tells what does not fit.
seed: 0
data:
  kind: csv
  path: river.csv                           # relative to this file
  time: year                                # whole numbers, 1900 to 2019, no row like another
  task: forecast                            # there are rows in time order and a number to predict
  target: [height]                          # the only such column; whole numbers, 0 to 10
  # 22 rows, twice the 11 at which the autocorrelation is strongest (0.87)
  window: {length: 22, horizon: 1}
  split: {validation: 0.15, test: 0.15}     # the last rows are held out
  scale: standard                           # by mean and standard deviation of the training rows
model:
  layers:
    - {cell: gru, units: 16}                # lstm and simple_rnn are the other cells
  head: dense
  return_sequences: true                    # an output, and so a loss, at every time step
loss: mae                                   # errors count by their size, so that a few large ones do not rule
# strong decay keeps the weights small, since the data is little
optimizer: {kind: adamw, learning_rate: 0.005, weight_decay: 1.0, global_clipnorm: 1.0}
training:
  epochs: 155                               # at most
  batch_size: 32
  early_stopping: {patience: 51}            # stops when the validation loss gets no better
  # each net is trained again with the validation rows, as long as was best without
  refit: true
  # nets, of which the mean is predicted: it errs less than one net does
  members: 5
  # the naive forecast's share: 1 where the net does not beat it in validation
  naive_weight: auto
  # exponential smoothing may have that share; both together err less than each
  smoothing: true
"""


def test_nothing_is_written_over_without_force(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.yaml").write_text("mine")
    assert run(["init", "--from", "river.csv", "-o", "mine.yaml"]) == 2
    assert "mine.yaml is there already" in capsys.readouterr().err
    assert (folder / "mine.yaml").read_text() == "mine"
    assert run(["init", "--from", "river.csv", "-o", "mine.yaml", "--force"]) == 0
    assert (folder / "mine.yaml").read_text().startswith("# Written by rnnctl init from river.csv")


def test_a_link_to_nowhere_is_not_followed(folder: Path) -> None:
    (folder / "link.yaml").symlink_to(folder / "elsewhere.yaml")
    assert run(["init", "-o", "link.yaml"]) == 1
    assert (folder / "link.yaml").is_symlink()
    assert not (folder / "elsewhere.yaml").exists()


def test_where_nothing_can_be_written_that_alone_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    usual = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode="r", **more: (refuse if mode == "xb" else usual)(path, mode))
    monkeypatch.setattr(Path, "unlink", refuse)
    assert run(["init", "--from", "river.csv", "-o", "mine.yaml"]) == 1
    told = "error: mine.yaml: cannot create it: Read-only file system; choose a folder on a disk that can be written to"
    assert capsys.readouterr().err == f"{told} with --out\n"


def test_a_fault_that_no_config_can_mend_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"2024-{k // 28 + 1:02}-{k % 28 + 1:02},{k * 7 % 11}\n" for k in range(120)]
    (folder / "twice.csv").write_text("day,height\n" + "".join(rows) + "2024-01-07,600\n")
    assert run(["init", "--from", "twice.csv"]) == 3
    told = capsys.readouterr()
    assert told.out.startswith("wrote twice.yaml\n")
    assert "now:" not in told.out
    assert "it does not pass check yet" in told.err
    assert "lines 8, 122 have the same time" in told.err


def test_without_data_the_first_example_is_written(folder: Path) -> None:
    assert run(["init"]) == 0
    assert run(["check", "first-step.yaml"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--from", "rivr.csv"], 3, "did you mean river.csv?"),
        (["--from", "river.csv", "--target", "heigth"], 3, "did you mean 'height'?"),
        (["--target", "height"], 2, "add --from FILE"),
        (["--from", "river.csv", "-o", "no/such/place.yaml"], 2, "there is no folder no/such"),
        (["--from", "*.txt"], 3, "no file matches this pattern"),
        (["--horizon", "3", "--known", "x"], 2, "--horizon and --known say something of a data file; add --from"),
        (["river.csv", "--from", "river.csv"], 2, "two data files"),
        (["--from", "river.csv", "--task", "foretell"], 2, "'foretell' is not one of 'forecast'"),
        (["--from", "river.csv", "--known", "hight"], 3, "did you mean 'height'?"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    folder: Path, arguments: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", *arguments]) == code
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error
    assert {path.name for path in folder.iterdir()} == {"river.csv"}


def test_a_data_file_alone_is_taken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "river.csv", "-o", "-", "--horizon", "5"]) == 0
    assert "horizon: 5" in capsys.readouterr().out


def test_notes_come_to_the_terminal_and_into_the_config(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "codes.csv").write_text(
        "day,y\n" + "".join(f"2024-{k // 28 + 1:02}-{k % 28 + 1:02},{k * k % 7}\n" for k in range(200))
    )
    assert run(["init", "codes.csv"]) == 0
    assert "  doubtful  'y': its 4 whole numbers are taken for numbers" in capsys.readouterr().out
    assert "# Look at this first: 'y'" in (folder / "codes.yaml").read_text()


def test_numbers_whose_squares_overflow_are_no_trouble(folder: Path) -> None:
    rows = [f"{shop},2024-01-{day:02},{day * 1e306}" for shop in "ab" for day in range(1, 29)]
    (folder / "huge.csv").write_text("\n".join(["shop,day,y", *rows, ""]))
    assert run(["init", "huge.csv", "-o", "-"]) == 0  # a warning of NumPy would be an error here
