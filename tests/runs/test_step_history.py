from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from made_runs import WEIGHTS, made_step, same, spoil

from rnnctl.errors import RunError
from rnnctl.runs import append_files, step_history
from rnnctl.runs.jsonl import step_line, validation_from_json
from rnnctl.runs.step_history import read_step_history, read_whole_lines

NUMBERS = st.one_of(st.floats(0, 2.0**99, width=32), st.sampled_from([math.nan, math.inf, 0.0]))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=12), block=st.integers(200, 900))
def test_columns_hold_what_the_lines_hold_whatever_the_blocks(  # type: ignore[no-untyped-def]
    rows, block, tmp_path_factory
) -> None:
    path = tmp_path_factory.mktemp("run") / "steps.jsonl"
    records = [
        made_step(number, loss=loss, gradient_norm=norm, seconds=seconds)
        for number, (loss, norm, seconds) in enumerate(rows, start=1)
    ]
    path.write_text("".join(map(step_line, records)))
    before = append_files.BLOCK
    append_files.BLOCK = block
    try:
        found = read_step_history(path)
    finally:
        append_files.BLOCK = before
    assert found.left_out == 0
    assert found.step.tolist() == [record.step for record in records]

    def finite(value: float) -> float:
        return value if math.isfinite(value) else math.nan

    for place, record in enumerate(records):
        assert same(found.loss[place], finite(record.loss))
        assert same(found.gradient_norm[place], finite(record.gradient_norm))
        assert math.isclose(found.seconds[place], record.seconds, rel_tol=1e-5) or not math.isfinite(record.seconds)


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"",
        b"[1]",
        b"{}",
        b'{"step": 3}',
        b'{"event": "step", "step": 3, "epoch": 1, "loss": "<script>"}',
        b"\xff\xfe",
        b"[" * 5000,
        step_line(made_step(3)).strip().encode().replace(b'"loss": 0.333333333', b'"loss": null'),
        step_line(made_step(3)).strip().encode().replace(b'"step": 3', b'"step": 1e300'),
        step_line(made_step(3)).strip().encode().replace(b'"step": 3', b'"step": -3'),
    ],
)
def test_a_line_edited_by_hand_is_left_out_and_counted(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "steps.jsonl"
    path.write_text("".join(step_line(made_step(number)) for number in range(1, 7)))
    spoil(path, 2, line)
    found = read_step_history(path)
    assert found.step.tolist() == [1, 2, 4, 5, 6]
    assert found.left_out == 1
    assert np.allclose(found.loss, [1, 1 / 2, 1 / 4, 1 / 5, 1 / 6])


def test_a_line_that_is_still_being_written_is_not_yet_read(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    whole = "".join(step_line(made_step(number)) for number in (1, 2))
    path.write_text(whole + step_line(made_step(3))[:40])
    found = read_step_history(path)
    assert (found.step.tolist(), found.left_out) == ([1, 2], 0)


def test_steps_told_twice_or_out_of_order_are_told_once_in_order(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    path.write_text("".join(step_line(made_step(n, loss=loss)) for n, loss in [(1, 9.0), (3, 3.0), (2, 2.0), (1, 1.0)]))
    found = read_step_history(path)
    assert found.step.tolist() == [1, 2, 3]
    assert found.loss.tolist() == [1.0, 2.0, 3.0]  # the last line of a step counts: it was written last
    assert found.left_out == 1


def test_lines_without_norms_per_weight_are_read_with_their_update_ratios(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    ratios = dict(zip(WEIGHTS, (0.5, math.inf, 0.25), strict=True))
    records = [made_step(1, update_ratios=ratios), made_step(2), made_step(3, loss=math.nan)]
    path.write_text("".join(step_line(record, per_weight=False) for record in records))
    for line in (None, b"garbage"):  # read all at once, and line by line
        if line is not None:
            spoil(path, 1, line)
        found = read_step_history(path)
        assert (found.step[0], found.step[-1], found.left_out) == (1, 3, 0 if line is None else 1)
        assert np.isnan(found.loss[-1])
        assert found.gradient_norms == {}
        assert found.ratio_step.tolist() == [1]
        np.testing.assert_array_equal([found.update_ratios[path][0] for path in WEIGHTS], [0.5, math.nan, 0.25])


def test_nothing_and_links_are_what_they_are(tmp_path: Path) -> None:
    assert len(read_step_history(tmp_path / "steps.jsonl").step) == 0
    (tmp_path / "precious").write_text("")
    (tmp_path / "steps.jsonl").symlink_to(tmp_path / "precious")
    with pytest.raises(RunError, match=r"steps\.jsonl: cannot read it"):
        read_step_history(tmp_path / "steps.jsonl")


def test_an_endless_line_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_files, "BLOCK", 100)
    (tmp_path / "steps.jsonl").write_bytes(b"x" * 1000)
    with pytest.raises(RunError, match="a line is longer than any that rnnctl writes"):
        read_step_history(tmp_path / "steps.jsonl")


def test_one_number_that_is_not_finite_makes_few_lines_be_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [step_line(made_step(step), per_weight=False) for step in range(1, 20_001)]
    (tmp_path / "steps.jsonl").write_text("".join(lines) + step_line(made_step(20_001, loss=math.nan)))
    read: list[bytes] = []
    real = step_history.step_from_json
    monkeypatch.setattr(step_history, "step_from_json", lambda line: read.append(line) or real(line))
    found = read_step_history(tmp_path / "steps.jsonl")
    assert found.step.tolist() == list(range(1, 20_002))
    assert 0 < len(read) < 10_000


def test_validations_that_are_none_are_counted(tmp_path: Path) -> None:
    good = '{"event": "validation", "step": 4, "epoch": 1, "loss": 0.5, "is_best": true}\n'
    nan = '{"step": 8, "epoch": 2, "loss": null, "is_best": false, "non_finite": {"loss": "nan"}}\n'
    (tmp_path / "a").write_text(good + "garbage\n{}\n" + nan + good[:10])
    records, faulty, fault = read_whole_lines(tmp_path / "a", validation_from_json)
    assert (faulty, fault[:8]) == (2, "line 2: ")
    assert [record.step for record in records] == [4, 8]
    assert math.isnan(records[1].loss)
