"""``rnnctl runs``, ``compare`` and ``report`` as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from made_runs import made_run, spoil
from small import small_config

from rnnctl.cli.main import run

ROOT = Path(__file__).parents[2]


def test_runs_are_listed_for_people_and_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_run(tmp_path, name="b")
    made_run(tmp_path, name="a", stopped="failed", reason="the disk is full")
    assert run(["runs", str(tmp_path), "--sort", "name"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert [line.split()[:2] for line in lines[1:4]] == [["a-1", "failed"], ["the", "disk"], ["b-1", "done"]]
    assert run(["runs", str(tmp_path), "--json", "--sort", "name", "--reverse"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["event"], row["name"], row["state"], row["why"]) for row in rows] == [
        ("run", "b-1", "done", ""),
        ("run", "a-1", "failed", "the disk is full"),
    ]


def test_a_folder_without_runs_says_what_leaves_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    assert (shown.out, "no runs yet; rnnctl train leaves one" in shown.err) == ("", True)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["runs", "missing"], 1, "there is no such folder"),
        (["runs", "small-1"], 1, "this is a run, not a folder of runs"),
        (["runs", "--sort", "weight"], 2, "is not one of"),
        (["runs", "--watch"], 2, "--watch needs a terminal"),
        (["runs", "--watch", "--json"], 2, "keep one of them"),
        (["runs", "n" * 300], 1, "File name too long"),
        (["compare"], 2, "Missing argument"),
        (["compare", "small-1"], 2, "one run has nothing beside it"),
        (["compare", "small-1", "../nowhere"], 1, "there is no such folder"),
        (["compare", "small-1", "empty"], 1, "holds no config.yaml"),
        (["report"], 2, "Missing argument"),
        (["report", "small-1", "small-1"], 2, "several runs make one page"),
        (["report", "<script>"], 1, "there is no such folder"),
        (["report", "a\nb" + "n" * 300], 1, "n" * 200),
        (["report", "small-1", "-o", "missing/a.html"], 1, "cannot write it"),
    ],
)
def test_what_cannot_be_looked_at_is_told_without_a_traceback(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    told: str,
) -> None:
    made_run(tmp_path)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == code
    shown = capsys.readouterr().err
    assert told in shown
    assert "Traceback" not in shown
    assert "defect" not in shown


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["report", "small-1", "-o", "loop"], 1),
        (["schema", "--out", "loop"], 1),
        (["init", "--from", "loop", "-o", "-"], 3),
        (["check", "loop"], 2),
        (["resume", "loop"], 1),
        (["runs", "loop"], 1),
    ],
)
def test_links_that_lead_to_each_other_are_told(
    arguments: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    assert run(arguments) == code
    shown = capsys.readouterr().err
    assert "loop" in shown
    assert "Traceback" not in shown
    assert Path("loop").is_symlink()


def test_a_comparison_shows_what_differs_and_a_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [str(made_run(tmp_path)), str(made_run(tmp_path, steps=12, config=small_config("gru")))]
    page = tmp_path / "both.html"
    assert run(["compare", *runs, "--html", str(page)]) == 0
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.split("\n")]
    assert ["model.layers.0.cell", "simple_rnn", "gru"] in rows
    assert ["final", "loss", "0.1250", "0.08333"] in rows
    assert "loss by step ·  1 small-1  2 small-2" in shown
    assert "seed" not in shown
    assert page.read_text().startswith("<!doctype html>")
    assert run(["compare", *runs, "--json"]) == 0
    fields = json.loads(capsys.readouterr().out)
    assert fields["groups"]["config"]["model.layers.0.cell"] == ["simple_rnn", "gru"]
    assert fields["groups"]["training"]["final loss"] == [1 / 8, pytest.approx(1 / 12)]


def test_a_long_key_keeps_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    initializers = ({"kind": "orthogonal", "gain": gain} for gain in (0.5, 1.5))
    runs = [
        made_run(tmp_path, config=small_config(model={"layers": [{"cell": "gru", "recurrent_initializer": each}]}))
        for each in initializers
    ]
    assert run(["compare", *map(str, runs)]) == 0
    row = next(line.split() for line in capsys.readouterr().out.split("\n") if "gain" in line)
    assert row[0].startswith("…")
    assert row[0].endswith("recurrent_initializer.gain")
    assert row[1:] == ["0.5", "1.5"]


def test_many_runs_are_shown_in_blocks_that_fit_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [str(made_run(tmp_path, name="a-rather-long-name-for-a-run")) for _ in range(9)]
    assert run(["compare", *runs]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert max(map(len, lines)) <= 120
    assert sum(line.count("a-rather-long-name-for-…") for line in lines) >= 9
    assert lines[0] == "the configs are the same in every key"


def test_a_report_lies_in_the_run_folder_or_where_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = made_run(tmp_path), made_run(tmp_path)
    assert run(["report", str(one)]) == 0
    assert (one / "report.html").read_text().startswith("<!doctype html>")
    assert "page " in capsys.readouterr().err
    assert run(["report", str(one), str(two), "--out", str(tmp_path / "both.html")]) == 0
    assert "2 runs side by side" in (tmp_path / "both.html").read_text()
    assert not (two / "report.html").exists()


def test_what_was_left_out_of_a_page_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made_run(tmp_path)
    spoil(path / "steps.jsonl", 2, b"\x1b[31m")
    assert run(["report", str(path)]) == 0
    assert "1 line left out: no step as rnnctl writes it" in capsys.readouterr().err


def test_a_report_never_writes_through_a_link(tmp_path: Path) -> None:
    path, precious = made_run(tmp_path), tmp_path / "precious"
    precious.write_text("keep")
    (path / "report.html").symlink_to(precious)
    assert run(["report", str(path)]) == 1
    assert precious.read_text() == "keep"


def test_looking_never_imports_a_framework(tmp_path: Path) -> None:
    runs = [str(made_run(tmp_path)), str(made_run(tmp_path))]
    code = (
        "import sys\nfrom rnnctl.cli.main import run\n"
        f"codes = [run(['runs', {str(tmp_path)!r}]), run(['compare', *{runs!r}]), run(['report', {runs[0]!r}])]\n"
        "assert codes == [0, 0, 0], codes\n"
        "assert not {'tensorflow', 'keras', 'rich'} & set(sys.modules), sorted(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
