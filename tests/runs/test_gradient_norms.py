"""Norms per weight on disk: every bit, openable by NumPy at any time, whole rows after any crash."""

from __future__ import annotations

import errno
import json
import os
import struct

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from made_runs import WEIGHTS, made_step

from rnnctl.errors import RunError
from rnnctl.runs.gradient_norms import GradientNormsWriter, gradient_norms_until, read_gradient_norms
from rnnctl.runs.jsonl import read_steps, step_line
from rnnctl.runs.run_folder import RunFolder

NORMS = st.floats(width=32)
NAMES = st.text(min_size=1, max_size=12).filter(lambda name: name != "step")


def records(first, last):
    return [
        made_step(number, gradient_norms={path: number + place / 3 for place, path in enumerate(WEIGHTS)})
        for number in range(first, last + 1)
    ]


def written(path, *bursts, weights=WEIGHTS, again=False):
    writer = GradientNormsWriter(path, weights, resumed=again)
    for burst in bursts:
        writer.append_steps(burst)
    writer.close()
    return path


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_numpy_opens_it_after_every_burst_and_finds_every_bit(data, tmp_path_factory):
    weights = data.draw(st.lists(NAMES, max_size=4, unique=True))
    rows = data.draw(st.lists(st.lists(NORMS, min_size=len(weights), max_size=len(weights)), max_size=9))
    made = [made_step(n, gradient_norms=dict(zip(weights, row, strict=True))) for n, row in enumerate(rows, start=1)]
    path = tmp_path_factory.mktemp("norms") / "gradient_norms.npy"
    writer = GradientNormsWriter(path, weights)
    for burst in (made[:3], made[3:4], made[4:]):
        writer.append_steps(burst)
        table = np.load(path)
        assert table.dtype.names == ("step", *weights)
        assert table["step"].tolist() == list(range(1, len(table) + 1))
        for place, weight in enumerate(weights):
            expected = np.array([row[place] for row in rows[: len(table)]], np.float32)
            assert table[weight].tobytes() == expected.tobytes()
    assert len(table) == len(rows)
    writer.close()
    steps, norms = read_gradient_norms(path)
    assert steps.tolist() == table["step"].tolist()
    assert list(norms) == weights
    assert all(norms[name].tobytes() == table[name].tobytes() for name in weights)


def test_a_table_takes_four_bytes_a_norm_and_makes_a_data_frame(tmp_path):
    path = written(tmp_path / "a.npy", records(1, 1000))
    assert path.stat().st_size == pytest.approx(1000 * (8 + 4 * len(WEIGHTS)), abs=512)
    frame = pl.DataFrame(np.load(path))
    assert frame.columns == ["step", *WEIGHTS]
    assert frame.row(499) == (500, 500, np.float32(500 + 1 / 3), np.float32(500 + 2 / 3))


def test_a_file_cut_off_anywhere_has_its_whole_rows(tmp_path):
    whole = written(tmp_path / "a.npy", records(1, 3)).read_bytes()
    row = 8 + 4 * len(WEIGHTS)
    begin = len(whole) - 3 * row
    for length in range(begin, len(whole) + 1):
        (tmp_path / "a.npy").write_bytes(whole[:length])
        assert len(read_gradient_norms(tmp_path / "a.npy").steps) == (length - begin) // row


def test_a_process_killed_between_rows_and_count_leaves_a_file_that_numpy_opens(tmp_path, monkeypatch):
    writer = GradientNormsWriter(tmp_path / "a.npy", WEIGHTS)
    writer.append_steps(records(1, 2))
    real = os.pwrite

    def killed(descriptor, data, at):
        if at < 64:
            raise KeyboardInterrupt
        return real(descriptor, data, at)

    monkeypatch.setattr(os, "pwrite", killed)
    with pytest.raises(KeyboardInterrupt):
        writer.append_steps(records(3, 3))
    assert np.load(tmp_path / "a.npy")["step"].tolist() == [1, 2]
    assert read_gradient_norms(tmp_path / "a.npy").steps.tolist() == [1, 2, 3]


@settings(max_examples=25, deadline=None)
@given(total=st.integers(1, 12), back=st.integers(0, 12), torn=st.integers(0, 19))
def test_going_back_and_on_gives_the_bytes_of_a_file_that_never_stopped(total, back, torn, tmp_path_factory):
    back = min(back, total)
    folder = tmp_path_factory.mktemp("norms")
    path = written(folder / "a.npy", records(1, total))
    with path.open("ab") as file:
        file.write(b"\x07" * torn)
    gradient_norms_until(path, back)()
    written(path, records(back + 1, 14), again=True)
    assert path.read_bytes() == written(folder / "b.npy", records(1, 14)).read_bytes()


def test_a_disk_that_fills_up_in_a_row_leaves_none_out_of_place(tmp_path, monkeypatch):
    writer = GradientNormsWriter(tmp_path / "a.npy", WEIGHTS)
    writer.append_steps(records(1, 2))
    real, left = os.pwrite, [9]

    def full(descriptor, data, at):
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = real(descriptor, data[: left[0]], at)
        left[0] -= taken
        return taken

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(RunError, match=r"a\.npy: cannot write it: No space left on device; free some space"):
            writer.append_steps(records(3, 3))
    assert read_gradient_norms(tmp_path / "a.npy").steps.tolist() == [1, 2]
    writer.append_steps(records(3, 4))
    writer.close()
    assert np.load(tmp_path / "a.npy")["step"].tolist() == [1, 2, 3, 4]


def test_a_file_that_was_removed_under_the_writer_is_told(tmp_path):
    writer = GradientNormsWriter(tmp_path / "a.npy", WEIGHTS)
    (tmp_path / "a.npy").unlink()
    with pytest.raises(RunError, match="No such file or directory; the folder was removed"):
        writer.append_steps(records(1, 1))
    writer.close()
    with pytest.raises(RunError, match="it was closed"):
        writer.append_steps(records(1, 1))


def test_a_file_of_other_weights_is_not_gone_on_with(tmp_path):
    path = written(tmp_path / "a.npy", weights=("a/b",))
    with pytest.raises(RunError, match="it holds norms of a/b, and the run has other weights"):
        GradientNormsWriter(path, WEIGHTS, resumed=True)


@pytest.mark.parametrize("step", [3, 9])
def test_a_table_that_lacks_steps_is_not_gone_back_to(tmp_path, step):
    path = written(tmp_path / "a.npy", [*records(1, 1), *records(3, 4)])
    with pytest.raises(RunError, match=rf"does not have the steps 1 to {step}, and the checkpoint is at step {step}"):
        gradient_norms_until(path, step)


def _header(text, version=b"\x03\x00"):
    data = text.encode()
    return b"\x93NUMPY" + version + struct.pack("<I", len(data)) + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY\x03\x00\xff\xff\xff\xff",
        b"\x93NUMPY\x03\x00\x05\x00\x00\x00\xff\xfe\xfd\xfc\xfb",
        _header("[" * 100_000),
        _header("{'shape': (1,), 'fortran_order': False, 'descr': [('step', '<i8'), ('a', '<f4')], }\n"),
        _header("{'shape': (1,), 'fortran_order': False, 'descr': [('step', '<i8'), ('a', '<f4'), ('a', '<f4')]}"),
        _header("{'shape': (1,), 'fortran_order': False, 'descr': '|O'}"),
        _header("{'shape': (1,), 'fortran_order': False, 'descr': 7}"),
        _header("__import__('os').abort()"),
    ],
    ids=["empty", "lying length", "no text", "nested", "unpadded", "twice", "objects", "number", "code"],
)
def test_what_is_no_table_of_norms_is_told(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(RunError, match=r"a\.npy: this is not a table as rnnctl writes it .*; the file was changed"):
        read_gradient_norms(tmp_path / "a.npy")


def test_steps_that_do_not_rise_and_links_are_told(tmp_path):
    path = written(tmp_path / "a.npy", records(2, 2), records(1, 1))
    with pytest.raises(RunError, match="its steps do not rise"):
        read_gradient_norms(path)
    (tmp_path / "link.npy").symlink_to(path)
    with pytest.raises(RunError, match=r"link\.npy: cannot read it"):
        read_gradient_norms(tmp_path / "link.npy")


def test_norms_are_found_by_their_step_and_nan_where_there_is_none(tmp_path):
    table = read_gradient_norms(written(tmp_path / "a.npy", records(1, 2), records(5, 6)))
    found = table.at(np.array([2, 3, 5, 9]))
    np.testing.assert_array_equal(found.norms[WEIGHTS[0]], [2, np.nan, 5, np.nan])
    empty = read_gradient_norms(written(tmp_path / "b.npy"))
    assert table.at(table.steps.copy()) is table  # so that a long run's norms are in memory once
    np.testing.assert_array_equal(empty.at(np.array([1, 2])).norms[WEIGHTS[0]], [np.nan, np.nan])


def test_a_run_folder_keeps_norms_in_the_table_and_reads_steps_back_whole(tmp_path):
    odd = made_step(4, loss=float("nan"), gradient_norms={WEIGHTS[0]: float("inf"), WEIGHTS[1]: 0.0, WEIGHTS[2]: 1.0})
    folder = RunFolder.create(tmp_path, "a")
    folder.append_steps(records(1, 3))
    folder.append_steps([odd])
    folder.close()
    path = folder.path / "steps.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert not any("gradient_norms" in line for line in lines)
    assert lines[3]["non_finite"] == {"loss": "nan"}
    read = read_steps(path)
    assert [dict(record.gradient_norms) for record in read] == [
        {path: float(np.float32(norm)) for path, norm in record.gradient_norms.items()}
        for record in (*records(1, 3), odd)
    ]


def test_steps_that_the_table_does_not_reach_to_are_left_out_as_a_line_that_was_cut_off_is(tmp_path):
    (tmp_path / "steps.jsonl").write_text("".join(step_line(record, per_weight=False) for record in records(1, 5)))
    path = written(tmp_path / "gradient_norms.npy", records(1, 3))
    assert [record.step for record in read_steps(tmp_path / "steps.jsonl")] == [1, 2, 3]
    path.unlink()
    assert [record.gradient_norms for record in read_steps(tmp_path / "steps.jsonl")] == [{}] * 5


def test_a_run_of_twenty_weights_fits_its_folder(tmp_path):
    layers = [f"recurrent_{number}/{way}" for number in range(4) for way in ("forward", "backward")]
    weights = [f"{layer}/{kind}" for layer in layers for kind in ("kernel", "recurrent_kernel", "bias")][:20]
    norms = dict.fromkeys(weights, 1 / 3)
    third = {"loss": 1 / 3, "gradient_norm": 1 / 3, "clipped_norm": 1 / 3, "gradient_norms": norms}
    made = [made_step(number, **third) for number in range(900_001, 900_513)]
    folder = RunFolder.create(tmp_path, "a")
    folder.append_steps(made)
    folder.close()
    size = sum((folder.path / name).stat().st_size for name in ("steps.jsonl", "gradient_norms.npy"))
    assert size / len(made) < 300
