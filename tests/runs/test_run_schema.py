"""Fields of a run folder's JSON files that were edited: the file, the key, the value and what is expected are told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rnnctl.errors import RunError
from rnnctl.runs.listing import entry_of
from rnnctl.runs.run_record import read_run_record
from rnnctl.runs.trained_run import read_preparation

FIXTURE = Path(__file__).parent / "format_2"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "a-1"))


def edit(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_the_run_is_read_before(run: Path) -> None:
    assert read_run_record(run).notes == ()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"seed": "x"}, 'environment.json: seed: found "x", expected a whole number'),
        ({"cpu": {"count": 1.5}}, "environment.json: cpu.count: found 1.5, expected a whole number"),
        ({"versions": [1]}, "environment.json: versions: found a list, expected a mapping"),
        ({"versions": {"numpy": 3}}, "environment.json: versions.numpy: found 3, expected text"),
        ({"command": "rnnctl"}, 'environment.json: command: found "rnnctl", expected a list'),
        ({"widths": [True]}, "environment.json: widths.0: found true, expected a whole number"),
    ],
)
def test_a_field_of_the_environment(run: Path, fields: dict[str, object], told: str) -> None:
    edit(run / "environment.json", **fields)
    with pytest.raises(RunError) as raised:
        read_run_record(run)
    assert told in str(raised.value)
    assert told in entry_of(run).why


def test_a_number_of_thousands_of_digits(run: Path) -> None:
    path = run / "environment.json"
    path.write_text(path.read_text().replace('"seed": 5', '"seed": ' + "9" * 4301))
    with pytest.raises(RunError, match="seed: found a number larger than any float, expected a whole number"):
        read_run_record(run)


@pytest.mark.parametrize(
    ("name", "fields", "told"),
    [
        ("summary.json", {"steps": None}, "summary.json: steps: found null, expected a whole number"),
        ("summary.json", {"reach": ["a", 1]}, 'summary.json: reach.0: found "a", expected a whole number'),
        ("summary.json", {"test_mae": "low"}, 'summary.json: test_mae: found "low", expected a number'),
        ("summary.json", {"non_finite": {"final_loss": "x"}}, "non_finite.final_loss: found \"x\", expected 'nan'"),
        ("through_time/layout.json", {"states": {"h": -1}}, "layout.json: states.h: found -1, expected"),
    ],
)
def test_a_field_of_another_file_is_left_out_and_told(
    run: Path, name: str, fields: dict[str, object], told: str
) -> None:
    edit(run / name, **fields)
    assert any(told in note for note in read_run_record(run).notes)


def test_the_first_faulty_line_of_a_record(run: Path) -> None:
    for name, key in (("steps.jsonl", "loss"), ("validation.jsonl", "is_best")):
        lines = (run / name).read_text().splitlines()
        lines[0] = json.dumps(json.loads(lines[0]) | {key: "x"})
        (run / name).write_text("\n".join(lines) + "\n")
    steps, validations = read_run_record(run).notes[:2]
    assert steps.endswith('steps.jsonl: 1 line left out: no step as rnnctl writes it; line 1: loss: found "x", '
                          "expected a number")  # fmt: skip
    assert validations.endswith('line 1: is_best: found "x", expected true or false')


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"scales": {"y": [1, NaN]}, "vocabularies": {}}', "NaN is no number of JSON"),
        (
            '{"scales": {"y": [1, 1e999]}, "vocabularies": {}}',
            "scales.y.1: found inf, expected a number that is finite",
        ),
        ('{"scales": {"y": [1, "a"]}, "vocabularies": {}}', 'scales.y.1: found "a", expected a number'),
        (
            '{"scales": {}, "vocabularies": {"c": ["\\ud800"]}}',
            'vocabularies.c.0: found "\\ud800", expected text of whole',
        ),
        ('{"scales": {}, "vocabularies": {"c": 3}}', "vocabularies.c: found 3, expected a list"),
        ("[" * 50_000, "it is too deeply nested"),
    ],
)
def test_a_preparation_that_was_edited(run: Path, text: str, told: str) -> None:
    (run / "preparation.json").write_text(text)
    with pytest.raises(RunError) as raised:
        read_preparation(run)
    assert told in str(raised.value)
