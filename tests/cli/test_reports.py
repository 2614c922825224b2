"""``forward`` and ``schema``: reports as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnctl.cli.console.style import Style
from rnnctl.cli.forward import forward_text
from rnnctl.cli.main import run
from rnnctl.results.checks import ForwardReport, ForwardStep

WIDE = Style(100, terminal=False, colour=False)
FORWARD = ForwardReport(
    "a",
    (ForwardStep(1, (0.5, -0.25), (0.5, -0.25), 1.5e-7), ForwardStep(2, (1000.0, 0.0), (1000.0, 0.0), 0.0)),
    1.5e-7,
    "SimpleRNN 2",
    {"recurrent_0": ("h_t = tanh(x_t W + h_{t-1} U + b)",)},
    1.5e-10,
)


@pytest.mark.parametrize("width", [30, 50, 60, 80])
def test_a_table_drops_columns_and_never_wraps(width: int) -> None:
    style = Style(width, terminal=True, colour=False)
    table = forward_text(FORWARD, style).split("\n\n")[2]
    assert all(len(line) <= width for line in table.split("\n"))


def test_the_forward_pass_is_a_row_a_time_step() -> None:
    assert (
        forward_text(FORWARD, WIDE)
        == """\
a   SimpleRNN 2 · 2 time steps · 2 outputs

recurrent_0
  h_t = tanh(x_t W + h_{t-1} U + b)

time step          NumPy y₁…y₂          Keras y₁…y₂  difference
        1   0.500000 -0.250000   0.500000 -0.250000    1.50e-07
        2   1.00e+03  0.000000   1.00e+03  0.000000    0.00e+00

largest difference 1.50e-07 over the batch and all time steps, 1.50e-10 of the largest output"""
    )


def test_the_forward_pass_comes_as_json_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rnnctl.workflows.forward.forward", lambda config: FORWARD)
    assert run(["forward", "--json"]) == 0
    steps = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in steps] == ["time_step", "time_step", "summary"]
    assert steps[0]["numpy"] == [0.5, -0.25]
    assert (steps[2]["difference"], steps[2]["relative_difference"]) == (1.5e-7, 1.5e-10)


def test_the_schema_goes_to_stdout_or_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    printed = capsys.readouterr().out
    assert "properties" in json.loads(printed)
    assert run(["schema", "--out", str(tmp_path / "schema.json")]) == 0
    assert (tmp_path / "schema.json").read_text() == printed
    assert run(["schema", "--out", str(tmp_path / "no" / "schema.json")]) == 1
    assert "No such file or directory" in capsys.readouterr().err
