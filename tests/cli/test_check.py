"""``rnnctl check``: all faults of all files, and for each good one a line or what was found in its data."""

from __future__ import annotations

import json
import re
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
    assert run(["check", "good.yaml", "--quiet"]) == 0
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


def test_a_conversion_is_told_on_stderr_and_the_second_time_there_is_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(folder / "cache"))
    (folder / "sevens.csv").write_text("x\n" + "".join(f"{row % 7}\n" for row in range(60)))
    (folder / "kept.yaml").write_text(SHORT.replace("short.csv", "sevens.csv\n  cache: always"))
    assert run(["check", "kept.yaml", "--quiet"]) == 0
    first = capsys.readouterr()
    told = "note: converting sevens.csv to a binary copy that later runs map into memory: done in "
    assert first.err.startswith(told)
    assert first.err.count("\n") == 1
    assert run(["check", "kept.yaml", "--quiet"]) == 0
    second = capsys.readouterr()
    assert (second.out, second.err) == (first.out, "")


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
    assert run(["check", "short.yaml", "-q"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("short.yaml")
    assert told.err == f"note: {folder / 'short.csv'}: rows were not in time order and were sorted by 't'\n"


def test_overrides_are_checked_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "good.yaml", "-q", "--set", "training.epochs=3", "--set", "data.length=7"]) == 0
    text = " ".join(capsys.readouterr().out.replace(" · ", " ").split())
    assert text.endswith("7 time steps × 1 feature 1 output 39 steps")
    assert run(["check", "good.yaml", "--set", "optimizer.lerning_rate=1"]) == 2
    assert "did you mean learning_rate?" in capsys.readouterr().err


def test_a_class_that_is_in_the_test_alone_is_a_fault(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    section = (
        "kind: csv, path: x.csv, series: s, task: per_sequence, features: [x], target: [y], columns: {y: category}"
    )
    (folder / "x.yaml").write_text(f"data: {{{section}}}\n")
    rows = [f"{k // 3},{k * k % 11},{'new' if k > 110 else 'ab'[k // 3 % 2]}\n" for k in range(114)]
    (folder / "x.csv").write_text("s,x,y\n" + "".join(rows))
    assert run(["check", "x.yaml"]) == 3
    told = capsys.readouterr()
    assert (told.out, "no training row holds 'new'" in told.err) == ("", True)


FLAWED = """\
data:
  kind: csv
  path: flawed.csv
  time: day
  target: [sold]
  features: [sold, price, next, flag]
  window: {length: 4}
  split: {validation: 0, test: 6}
  scale: none
"""


@pytest.fixture
def flawed(folder: Path) -> Path:
    """Sixty days less one, a feature that is tomorrow's target, one that never changes, and a gap in a price."""
    sold = [(k * k * 7) % 23 for k in range(61)]
    rows = [f"2024-{1 + k // 30:02}-{1 + k % 30:02},{sold[k]},{k % 5},{sold[k + 1]},1" for k in range(58) if k != 20]
    rows[9] = rows[9].replace(",4,", ",,")
    (folder / "flawed.csv").write_text("day,sold,price,next,flag\n" + "\n".join(rows) + "\n")
    (folder / "flawed.yaml").write_text(FLAWED + "  missing: drop\nmodel: {layers: [{cell: gru, units: 4}]}\n")
    return folder


def test_what_is_found_reads_like_this(flawed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "flawed.yaml"]) == 0
    told = capsys.readouterr()
    assert told.out == GOLDEN
    assert told.err == ""


GOLDEN = """\
flawed.yaml   flawed · GRU 4 · mse · sgd 0.01 · 57 rows · 1 series · 43 train + 6 test sequences
              4 time steps × 4 features · 1 output · 20 steps
  splits    train  43 sequences · 2024-01-01 to 2024-02-22
            test    6 sequences · 2024-02-23 to 2024-02-28
  lengths   4 time steps each
  columns   sold   number · 0 to 22, mean 13.82 ± 6.314
            price  number · 0 to 4, mean 1.946 ± 1.381 · 1 missing
            next   number · 0 to 22, mean 14.37 ± 5.958
            flag   number · 1 to 1, mean 1.000 ± 0.000
  times     day  2024-01-01 to 2024-02-28, 1d apart but for 2 gaps
  cost      1.6 kB of data + 17.9 kB a step at least · 20 steps, very roughly under a second on 2 cores, compiling 2 s
  warning   the test split has 6 sequences: a metric of so few says little; hold out more, or add data
  warning   2 gaps in 'day', where rows are otherwise 1d apart: 2024-01-20 → 2024-01-22, 2024-01-30 → 2024-02-01;
            data.frequency: 1d puts in the 2 missing rows
  warning   missing values cost 8.5 % of the 47 training windows
  warning   nothing can be learnt from columns that never change in the training rows: 'flag'; take them out of
            data.features
  warning   large numbers reach the model as they are: 'sold' (root mean square 14.97), 'next' (root mean square 15.46);
            set data.scale: standard
  warning   'next' tells 'sold' 1 row later nearly exactly, which is to be predicted: unless it is known by then, the
            model copies it, and will fail in use; take it out of data.features
  fact      cells are missing: 'price' in 1 (1.8 %) of the rows
  fact      1 missing value; 4 of 53 windows (7.5 %) are left out: an input or every target is missing (data.missing:
            drop)
"""


def test_blocks_of_several_files_stand_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "also.yaml").write_text(GOOD)
    assert run(["check", "good.yaml", "also.yaml"]) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert [block.split()[0] for block in blocks] == ["good.yaml", "also.yaml"]


def test_json_holds_an_object_a_file_with_faults_or_findings(flawed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "flawed.yaml", "nofile.yaml", "bad.yaml", "--json"]) == 2
    told = capsys.readouterr()
    good, nofile, bad = map(json.loads, told.out.splitlines())
    assert (good["event"], good["ok"], good["path"], good["rows"], good["series"]) == (
        "check",
        True,
        "flawed.yaml",
        57,
        1,
    )
    assert [split["name"] for split in good["splits"]] == ["train", "test"]
    assert {column["name"]: column["missing"] for column in good["columns"]}["price"] == 1
    topics = [(finding["level"], finding["topic"]) for finding in good["findings"]]
    assert ("warning", "leak") in topics
    assert topics == sorted(topics, key=lambda pair: ("fault", "warning", "fact").index(pair[0]))
    assert (nofile["ok"], nofile["findings"][0]["level"], nofile["findings"][0]["topic"]) == (False, "fault", "data")
    assert bad["findings"][0]["message"].startswith("bad.yaml:2:1: sede: ")
    assert "missing.csv" in told.err


def test_quiet_and_json_exclude_each_other(folder: Path) -> None:
    assert run(["check", "good.yaml", "--quiet", "--json"]) == 2


def test_colours_are_for_terminals_alone(flawed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rnnctl.cli.check import report_lines
    from rnnctl.cli.console.style import Style
    from rnnctl.config import load_config
    from rnnctl.workflows.check import check

    report = check(load_config("flawed.yaml"), "flawed.yaml")
    plain, coloured = (report_lines(report, Style(60, terminal=True, colour=colour)) for colour in (False, True))
    assert "\x1b[33mwarning\x1b[0m   'next' tells" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain
    assert max(map(len, plain.splitlines())) <= 60


def test_names_of_columns_cannot_break_a_line_or_steer_the_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"2024-01-{day:02},{day % 5},{day % 7}\n" for day in range(1, 31))
    (folder / "named.csv").write_text('"when\nis ""it""","\x1b[2Ja\nb"," y "\n' + rows)
    (folder / "named.yaml").write_text(
        r'data: {kind: csv, path: named.csv, time: "when\nis \"it\"", features: ["\e[2Ja\nb", " y "], target: [" y "],'
        "\n  window: {length: 3}}\n"
    )
    assert run(["check", "named.yaml"]) == 0
    told = capsys.readouterr()
    assert r"\x1b[2Ja\nb  number · 0 to 4" in told.out
    assert r'when\nis "it"  2024-01-01 to 2024-01-30' in told.out
    assert "\x1b" not in told.out + told.err
    assert run(["check", "named.yaml", "--set", "data.features=[z]"]) == 3
    assert r"""the columns are 'when\nis "it"', '\x1b[2Ja\nb', ' y '""" in capsys.readouterr().err
