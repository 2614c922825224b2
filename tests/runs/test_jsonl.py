"""Records as JSON lines: always valid JSON, and the same record when read back."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.jsonl import dump_line, read_steps, step_from_json, step_line, summary_line, validation_line
from rnnctl.runs.step_history import read_step_history

FLOAT32 = st.floats(width=32)
PATHS = st.text(max_size=20)


def strictly(line: str) -> dict:
    """Parses JSON as the standard has it: no NaN, no Infinity."""
    assert line.endswith("\n")
    assert line.count("\n") == 1

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(line, parse_constant=refuse)


def record(step: int = 1, loss: float = 1.5, norm: float = 0.5, **norms: float) -> StepRecord:
    return StepRecord(step, 1, loss, norm, norm, norms or {"recurrent_0/kernel": 0.25}, 0.01, 0.0002)


def test_a_step_line_has_the_fields_of_the_design_in_their_order() -> None:
    fields = strictly(step_line(record()))
    assert list(fields) == [
        "event",
        "step",
        "epoch",
        "loss",
        "gradient_norm",
        "clipped_norm",
        "gradient_norms",
        "learning_rate",
        "seconds",
    ]
    assert fields["event"] == "step"
    assert fields["gradient_norms"] == {"recurrent_0/kernel": 0.25}


@given(
    loss=FLOAT32,
    norm=FLOAT32,
    clipped=FLOAT32,
    norms=st.dictionaries(PATHS, FLOAT32, max_size=4),
)
def test_any_step_is_valid_json_and_reads_back_to_the_same_float32s(
    tmp_path_factory: pytest.TempPathFactory, loss: float, norm: float, clipped: float, norms: dict[str, float]
) -> None:
    written = StepRecord(7, 2, loss, norm, clipped, norms, 0.01, 0.0002)
    line = step_line(written)
    fields = strictly(line)
    path = tmp_path_factory.mktemp("steps") / "steps.jsonl"
    path.write_text(line, encoding="utf-8", errors="surrogatepass")
    (read,) = read_steps(path)

    def same(one: float, other: float) -> bool:
        return np.float32(one) == np.float32(other) or (math.isnan(one) and math.isnan(other))

    assert (read.step, read.epoch, read.learning_rate, read.seconds) == (7, 2, 0.01, 0.0002)
    assert same(read.loss, loss)
    assert same(read.gradient_norm, norm)
    assert same(read.clipped_norm, clipped)
    assert list(fields["gradient_norms"]) == list(norms)
    lost = fields.get("non_finite", {})
    for name, value in fields["gradient_norms"].items():
        assert same(float(lost[f"gradient_norms.{name}"] if value is None else value), norms[name])


def test_a_number_that_is_not_finite_is_null_and_told_beside() -> None:
    fields = strictly(step_line(record(loss=math.nan, norm=math.inf, **{"a/b": -math.inf})))
    assert fields["loss"] is None
    assert fields["gradient_norms"] == {"a/b": None}
    assert fields["non_finite"]["loss"] == "nan"
    assert fields["non_finite"]["gradient_norm"] == "inf"
    assert fields["non_finite"]["gradient_norms.a/b"] == "-inf"


def test_finite_numbers_whose_sum_overflows_stay_numbers() -> None:
    fields = strictly(step_line(record(loss=1.7e308, norm=1.7e308)))
    assert fields["loss"] == 1.7e308
    assert "non_finite" not in fields


def test_norms_through_time_are_on_the_line_where_asked_for() -> None:
    with_states = StepRecord(1, 1, 1.0, 1.0, 1.0, {}, 0.1, 0.1, {"recurrent_0/h": (0.5, math.nan, 1.0)})
    assert "state_gradient_norms" not in strictly(step_line(with_states))
    fields = strictly(step_line(with_states, through_time=True))
    assert fields["state_gradient_norms"] == {"recurrent_0/h": [0.5, None, 1.0]}


def test_numpy_numbers_are_written_as_plain_ones() -> None:
    fields = strictly(step_line(record(loss=np.float32(0.5), norm=np.float64("nan"))))  # type: ignore[arg-type]
    assert fields["loss"] == 0.5
    assert fields["gradient_norm"] is None


def test_validation_and_summary_are_lines_with_their_event() -> None:
    assert strictly(validation_line(ValidationRecord(10, 1, math.inf, is_best=False))) == {
        "event": "validation",
        "step": 10,
        "epoch": 1,
        "loss": None,
        "is_best": False,
        "non_finite": {"loss": "inf"},
    }
    summary = Summary(3, 1, 1.5, 1.25, None, None, "finished", 0.5, 0.2, {"test_mae": 12.5, "naive_mae": 22.5})
    fields = strictly(summary_line(summary, folder="runs/a-1"))
    assert fields["event"] == "summary"
    assert (fields["test_mae"], fields["naive_mae"], fields["folder"]) == (12.5, 22.5, "runs/a-1")


def test_a_line_without_an_end_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    text = step_line(record(1)) + step_line(record(2))
    for cut in range(len(step_line(record(1))), len(text)):
        path.write_text(text[:cut])
        assert [read.step for read in read_steps(path)] == [1]
    path.write_text(text)
    assert [read.step for read in read_steps(path)] == [1, 2]


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"step": 1}', "null", ""])
def test_a_line_that_is_not_a_step_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "steps.jsonl"
    path.write_text(step_line(record(1)) + line + "\n" + step_line(record(2)))
    with pytest.raises(RunError, match=r"steps\.jsonl:2: .*not a step"):
        read_steps(path)


def test_a_missing_file_has_no_steps(tmp_path: Path) -> None:
    assert read_steps(tmp_path / "steps.jsonl") == []


def test_nested_numbers_are_made_valid_too() -> None:
    assert strictly(dump_line({"a": [1.0, math.nan, {"b": math.inf}]})) == {
        "a": [1.0, None, {"b": None}],
        "non_finite": {"a.1": "nan", "a.2.b": "inf"},
    }


def test_update_ratios_stand_on_the_lines_of_the_steps_that_have_them(tmp_path: Path) -> None:
    ratios = {"a/kernel": 0.00123456789, "a/bias": math.inf}
    measured = replace(record(2), update_ratios=ratios)
    line = step_line(measured)
    assert strictly(line)["update_ratios"] == {"a/kernel": 0.00123457, "a/bias": None}
    assert step_from_json(line.encode()).update_ratios == {"a/kernel": 0.00123457, "a/bias": math.inf}
    (tmp_path / "steps.jsonl").write_text(step_line(record(1)) + line)
    columns = read_step_history(tmp_path / "steps.jsonl")
    assert columns.ratio_step.tolist() == [2]
    assert len(columns.step) == 2


def test_names_that_are_no_utf_8_can_be_written_and_come_back() -> None:
    name = os.fsdecode(b"r\xff\xc3\xa9")
    line = dump_line({"path": name, "plain": "é", "loss": math.nan})
    assert json.loads(line.encode()) == {"path": name, "plain": "é", "loss": None, "non_finite": {"loss": "nan"}}
