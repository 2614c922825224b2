"""Norms through time on disk: every step while they are few, evenly spaced ones when they are many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord
from rnnctl.runs import through_time
from rnnctl.runs.run_folder import RunFolder
from rnnctl.runs.through_time import ThroughTimeWriter, read_through_time


def record(step: int, *norms: float, through_time: bool = True) -> StepRecord:
    states = {"r/h": norms or (float(step), 0.5)} if through_time else None
    return StepRecord(step, 1, 1.0, 1.0, 1.0, {}, 0.1, 0.1, states)


@given(st.lists(st.integers(0, 7), max_size=30), st.integers(2, 9))
def test_thinned_rows_are_evenly_spaced_from_the_first_however_they_arrive(
    tmp_path_factory: pytest.TempPathFactory, bursts: list[int], keep: int
) -> None:
    folder = tmp_path_factory.mktemp("run") / "through_time"
    writer = ThroughTimeWriter(folder, ["r/h"], 2, keep)
    step = 0
    for size in bursts:
        writer.append_steps([record(step + 1 + place) for place in range(size)])
        step += size
    writer.close()
    steps, norms = read_through_time(folder)
    every = 1
    while len(range(1, step + 1, every)) > keep:
        every *= 2
    assert steps.tolist() == list(range(1, step + 1, every))
    np.testing.assert_array_equal(norms["r/h"], np.array([[s, 0.5] for s in steps], dtype=np.float32).reshape(-1, 2))


@pytest.mark.parametrize(("time_steps", "most"), [(2, 300), (19, 100), (1000, 2)])
def test_unless_it_is_said_how_many_to_keep_the_size_of_a_row_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time_steps: int, most: int
) -> None:
    monkeypatch.setattr(through_time, "MOST_ROWS", 300)
    monkeypatch.setattr(through_time, "MOST_BYTES", 8_400)  # a row takes 8 bytes, and 4 for each time step
    writer = ThroughTimeWriter(tmp_path / "t", ["r/h"], time_steps, None)
    for step in range(1, 701):
        writer.append_steps([record(step)])
    writer.close()
    kept = len(read_through_time(tmp_path / "t")[0])
    assert most / 2 <= kept <= most
    assert (tmp_path / "t" / "rows.bin").stat().st_size <= max(8_400, 2 * (8 + 4 * time_steps))


def test_shorter_sequences_are_filled_with_nan_at_the_end(tmp_path: Path) -> None:
    writer = ThroughTimeWriter(tmp_path / "t", ["r/h"], 3, 10)
    writer.append_steps([record(1, 1.0, 2.0), record(2, through_time=False), record(3, 1.0, 2.0, 3.0)])
    writer.close()
    steps, norms = read_through_time(tmp_path / "t")
    assert steps.tolist() == [1, 3]
    np.testing.assert_array_equal(norms["r/h"], [[1, 2, np.nan], [1, 2, 3]])


def test_a_row_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    writer = ThroughTimeWriter(tmp_path / "t", ["r/h"], 2, 10)
    writer.append_steps([record(1), record(2)])
    writer.close()
    rows = tmp_path / "t" / "rows.bin"
    rows.write_bytes(rows.read_bytes()[:-3])
    assert read_through_time(tmp_path / "t")[0].tolist() == [1]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"states": {"h": "x"}}', '{"states": {"h": -1}}'])
def test_a_layout_that_is_not_ours_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "layout.json").write_text(text)
    (tmp_path / "rows.bin").write_bytes(b"")
    with pytest.raises(RunError, match=r"layout\.json"):
        read_through_time(tmp_path)


@pytest.mark.parametrize("left", [(), ("layout.json",), (".layout.json.partial",), ("layout.json", "rows.bin")])
def test_a_folder_that_was_half_made_is_made_anew(tmp_path: Path, left: tuple[str, ...]) -> None:
    with RunFolder.create(tmp_path, "a") as folder:
        (folder.path / "through_time").mkdir()
        for name in left:
            (folder.path / "through_time" / name).write_bytes(b"{")
        folder.rewind(0)[1]()
        folder.append_through_time([record(1)], 2)
    assert read_through_time(folder.path / "through_time")[0].tolist() == [1]


@given(st.integers(1, 40), st.integers(1, 3), st.integers(2, 5))
def test_going_back_and_on_goes_on_with_the_rows_as_they_are_spaced(
    tmp_path_factory: pytest.TempPathFactory, back: int, measured_every: int, keep: int
) -> None:
    parent = tmp_path_factory.mktemp("runs")
    records = [record(step, through_time=(step - 1) % measured_every == 0) for step in range(1, 61)]
    with RunFolder.create(parent, "a") as folder, RunFolder.create(parent, "b") as straight:
        straight.append_through_time(records, 2, keep)
        folder.append_steps(records[:back])
        folder.append_through_time(records[:back], 2, keep)
    with RunFolder(folder.path) as again:
        again.rewind(back)[1]()
        again.append_through_time(records[back:], 2, keep)
    assert _rows(again) == _rows(straight)


def _rows(folder: RunFolder) -> bytes:
    return (folder.path / "through_time" / "rows.bin").read_bytes()
