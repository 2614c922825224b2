from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from made_runs import made_run, made_step, open_run

from rnnctl.cli.runs import SORTS
from rnnctl.errors import RunError
from rnnctl.runs.listing import KILLED, RunEntry, entry_fields, entry_of, list_runs, natural, ordered
from rnnctl.runs.run_files import BLOCK
from rnnctl.workflows.report import report

ROOT = Path(__file__).parents[2]
HOLD = (
    "import sys; from pathlib import Path; sys.path.insert(0, 'tests'); from made_runs import open_run; "
    "run = open_run(Path(sys.argv[1])); print(run.path, flush=True); sys.stdin.read()"
)


def test_a_run_is_running_while_its_process_lives_and_interrupted_once_it_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as writer:
        assert writer.stdout is not None
        run = Path(writer.stdout.readline().strip())
        living = entry_of(run)
        assert (living.state, living.why, living.steps, living.loss) == ("running", "", 8, 0.125)
        writer.kill()
        writer.wait()
    dead = entry_of(run)
    assert (dead.state, dead.why) == ("interrupted", KILLED)
    # What is known comes from the ends of the records.
    assert (dead.steps, dead.loss, dead.best_loss, dead.milliseconds_per_step) == (8, 0.125, 0.6, 0.4)


@pytest.mark.parametrize(
    ("stopped", "state", "why"),
    [
        ("finished", "done", ""),
        ("early stopping", "done", ""),
        ("interrupted", "interrupted", ""),
        ("non-finite", "failed", "the loss or a gradient became NaN or infinite at step 8"),
        ("failed", "failed", "it stopped: failed"),
    ],
)
def test_a_summary_says_how_a_run_ended(tmp_path: Path, stopped: str, state: str, why: str) -> None:
    entry = entry_of(made_run(tmp_path, stopped=stopped))
    assert (entry.state, entry.why) == (state, why)
    assert (entry.steps, entry.loss, entry.best_loss, entry.verdict, entry.reach) == (
        8,
        0.125,
        0.6,
        "vanishing",
        (4, 6),
    )


def test_a_failed_run_says_its_reason_in_one_line(tmp_path: Path) -> None:
    run = made_run(tmp_path, stopped="failed", reason="the disk\nis full" + 2000 * "!")
    assert entry_of(run).why.startswith("the disk is full!")
    assert len(entry_of(run).why) == 1000


def test_a_run_without_steps_is_listed(tmp_path: Path) -> None:
    entry = entry_of(made_run(tmp_path, steps=0, stopped=None))
    assert (entry.state, entry.steps, entry.loss, entry.best_loss) == ("interrupted", 0, None, None)


def test_a_loss_that_is_not_finite_is_told_as_that(tmp_path: Path) -> None:
    run = made_run(tmp_path, stopped=None, records=[made_step(1), made_step(2, loss=float("inf"))])
    assert entry_of(run).loss == float("inf")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("summary.json", "{", "cannot be read"),
        ("summary.json", "[]", "cannot be read"),
        ("summary.json", '{"stopped": "finished", "steps": "many"}', "cannot be read"),
        ("summary.json", '{"stopped": ["finished"], "steps": 1}', "cannot be read"),
        ("environment.json", '{"format": 3, "versions": {"rnnctl": "9.9"}}', "rnnctl 9.9 wrote this run in format 3"),
        ("environment.json", '{"format": "<script>"}', "use a newer rnnctl"),
        ("environment.json", '{"format": 1, "versions": {"rnnctl": "0.1.0"}}', "reads format 2: train it anew"),
    ],
)
def test_what_was_edited_by_hand_makes_one_entry_unreadable_and_no_other(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    (made_run(tmp_path) / name).write_text(text)
    made_run(tmp_path)
    bad, good = list_runs(tmp_path)
    assert (bad.state, good.state) == ("unreadable", "done")
    assert told in bad.why


def test_links_out_of_a_run_are_not_followed(tmp_path: Path) -> None:
    run, other = made_run(tmp_path), tmp_path / "secret.json"
    (run / "summary.json").rename(other)
    (run / "summary.json").symlink_to(other)
    os.unlink(run / ".lock")  # noqa: PTH108
    (run / ".lock").symlink_to(other)
    assert entry_of(run).state == "unreadable"


def test_folders_that_are_no_runs_are_passed_over_and_a_run_is_no_folder_of_runs(tmp_path: Path) -> None:
    run = made_run(tmp_path)
    (tmp_path / "notes").mkdir()
    (tmp_path / "a.txt").write_text("")
    assert [entry.name for entry in list_runs(tmp_path)] == ["small-1"]
    with pytest.raises(RunError, match="this is a run, not a folder of runs"):
        list_runs(run)
    with pytest.raises(RunError, match="there is no such folder"):
        list_runs(tmp_path / "missing")


def test_only_the_end_of_each_record_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        run = tmp_path / f"r-{number}"
        run.mkdir()
        (run / "config.yaml").write_text("a: 1\n")
        (run / "steps.jsonl").write_text('{"event": "step", "step": 1, "loss": 1.0, "seconds": 0.1}\n' * 2000)
    sizes = []
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda file, size, at: sizes.append(size) or pread(file, size, at))
    entries = list_runs(tmp_path)
    assert len(entries) == 10
    assert sum(sizes) <= 10 * BLOCK < 10 * (tmp_path / "r-0" / "steps.jsonl").stat().st_size
    assert {entry.steps for entry in entries} == {1}


def test_a_record_that_vanishes_while_it_is_looked_at_is_nothing_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r-1").mkdir()
    for name in ("config.yaml", "steps.jsonl"):
        (tmp_path / "r-1" / name).write_text("")
    real = Path.lstat

    def vanishing(path: Path) -> os.stat_result:
        if path.name == "steps.jsonl":
            path.unlink(missing_ok=True)  # as a run does that is resumed from its beginning
        return real(path)

    monkeypatch.setattr(Path, "lstat", vanishing)
    assert [entry.state for entry in list_runs(tmp_path)] == ["interrupted"]


def test_entries_come_in_the_order_asked_for_with_the_unknown_last() -> None:
    def entry(name: str, **fields) -> RunEntry:  # type: ignore[no-untyped-def]
        return RunEntry(name, Path(name), **{"state": "done", **fields})

    nan = float("nan")
    entries = [
        entry("run-2", loss=2.0, steps=5, written_at=10.0, milliseconds_per_step=1.0),
        entry("run-9", loss=1.0, steps=9, written_at=30.0, best_loss=0.1, state="failed"),
        entry("run-10", loss=nan, steps=1, written_at=20.0, best_loss=0.2),
    ]
    orders = {
        by: ["".join(each.name[4:] for each in ordered(entries, by, reverse=reverse)) for reverse in (False, True)]
        for by in SORTS
    }
    assert orders["age"] == ["9102", "2109"]
    assert orders["name"] == ["2910", "1092"]
    assert orders["state"][0] == "9210"
    assert orders["steps"] == ["9210", "1029"]
    assert orders["loss"] == ["9210", "2910"]
    assert orders["best"] == ["9102", "1092"]
    assert orders["speed"] == ["2910", "2910"]


@given(st.lists(st.text(max_size=20), max_size=8))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert sorted(sorted(names, key=natural)) == sorted(names)


def test_an_entry_for_json_has_its_age(tmp_path: Path) -> None:
    entry = entry_of(made_run(tmp_path))
    fields = entry_fields(entry, entry.written_at + 2.0)
    assert fields["age_seconds"] == 2.0
    assert "written_at" not in fields
    assert json.loads(json.dumps(fields))["path"] == str(entry.path)


def test_looking_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    with open_run(tmp_path) as folder:
        before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
        assert entry_of(folder.path).state == "running"
        folder.append_steps([made_step(9)])
        assert entry_of(folder.path).steps == 9
    after = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    assert after.keys() == before.keys()


@pytest.mark.parametrize("name", ["summary.json", "steps.jsonl"])
@pytest.mark.parametrize("number", ["1e999", "1" + "0" * 400, "Infinity", "NaN"])
def test_numbers_that_no_float_holds_are_no_defect(
    tmp_path: Path, name: str, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnctl.report.page._plotly", lambda: ("", 0, ""))  # it takes most of a page's time
    path = made_run(tmp_path, stopped="finished" if name == "summary.json" else None)
    for key in ("steps", "step", "loss", "final_loss", "seconds", "milliseconds_per_step", "test_mae"):
        text = (path / name).read_text()
        changed = re.sub(rf'"{key}": [^,]+,(?!.*"{key}")', f'"{key}": {number},', text, flags=re.DOTALL)
        (path / name).write_text(changed)
        for entry in list_runs(tmp_path):
            assert json.loads(json.dumps(entry_fields(entry, 0.0)))["name"] == path.name
        report(path)
        (path / name).write_text(text)
