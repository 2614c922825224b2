"""``rnnctl bench``: its table, its JSON object, its exit codes."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from rnnctl.cli.bench import bench_text
from rnnctl.cli.console.style import Style
from rnnctl.cli.main import run
from rnnctl.results.bench import BenchReport, BenchRow
from rnnctl.workflows import bench as workflow

WIDE = Style(120, terminal=False, colour=False)
LOSSES = (1.5, 1.25, 1.0)


def row(key: str, name: str, ms: float, ratio: float, compiled: float | None = None, **more: Any) -> BenchRow:
    timed = BenchRow(key, name, "loss", "", ms, 0.9 * ms, 1.25 * ms, 20, 40, ratio, compiled, LOSSES, agrees=True)
    return replace(timed, **more)


REPORT = BenchReport(
    name="a",
    model="GRU 64",
    loss="mse",
    optimizer="sgd 0.01",
    batch=32,
    time_steps=10,
    features=1,
    device="CPU",
    cores=2,
    versions={"rnnctl": "0.1.0", "keras": "3.15.1"},
    seconds=41.5,
    rows=(
        row("ours", "rnnctl", 0.2, 1.0, 1.25, computes="loss + weight norms + ∂L/∂h_t"),
        row("keras_best", "Keras fit, best", 0.4, 0.5, 12.0, settings="jit, steps_per_execution=64"),
        row("eager", "eager GradientTape", 1234.5, 0.000162, samples=5),
        BenchRow("torch", "PyTorch", "loss", remark="not installed: pip install 'rnnctl[bench]'"),
        BenchRow("jax", "JAX", "loss", remark="bidirectional layers"),
        row("floor", "floor", 0.16, 1.25, first_losses=(), agrees=None, computes="products and activations alone"),
        row("products_2", "products, 2 threads", 0.1, 2.0, agrees=None, computes="alone", flops=3_000_000),
    ),
    input_wait=0.0362,
    batches_from="host",
)
WRONG = replace(
    REPORT, rows=(*REPORT.rows, row("tf_function", "tf.function", 1.0, 0.2, agrees=False, remark="differs"))
)


def test_the_table() -> None:
    assert (
        bench_text(REPORT, WIDE)
        == """\
a   GRU 64 · mse · sgd 0.01 · batch 32 × 10 time steps × 1 feature · 2 CPU cores

                     computes                        ms a step  rnnctl ÷ it       quartiles  compile
rnnctl               loss + weight norms + ∂L/∂h_t       0.200      1.00      0.180 – 0.250    1.2 s
Keras fit, best      loss                                0.400      0.50      0.360 – 0.500   12.0 s
eager GradientTape   loss                             1234          0.00016     1111 – 1543        –
floor                products and activations alone      0.160      1.25      0.144 – 0.200        –
products, 2 threads  alone                               0.100      2.00     0.0900 – 0.125        –

PyTorch: not installed: pip install 'rnnctl[bench]'
JAX: not comparable: bidirectional layers

Keras fit, best: jit, steps_per_execution=64
rnnctl reaches 50 % of the rate of products, 2 threads, 30 GFLOP/s
5–20 samples each, taken in turns
training waits for batches 3.6 % of its time (gathered beside it)
rnnctl 0.1.0, keras 3.15.1"""
    )


def test_a_narrow_terminal_keeps_what_matters() -> None:
    lines = bench_text(REPORT, Style(80, terminal=True, colour=False)).splitlines()
    assert lines[2].split() == ["computes", "ms", "a", "step", "rnnctl", "÷", "it"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Puts a handmade report in the bench's place; gives what it was asked for."""
    calls: dict[str, Any] = {"report": REPORT}

    def fake(config: Any, **more: Any) -> BenchReport:
        calls.update(more, config=config)
        report: BenchReport = calls["report"]
        return report

    monkeypatch.setattr(workflow, "bench", fake)
    return calls


def test_json_is_one_object_with_every_field(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--json", "--seconds", "3", "--against", "torch, keras", "--set", "seed=5"]) == 0
    assert asked["against"] == ("torch", "keras")
    assert asked["seconds"] == 3.0
    assert asked["config"].seed == 5
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert set(found) == {"event", "agrees", *(field.name for field in fields(BenchReport))}
    assert found["event"] == "bench"
    assert all(set(entry) == {field.name for field in fields(BenchRow)} for entry in found["rows"])
    assert found["rows"][0]["first_losses"] == list(LOSSES)


def test_a_peer_that_trains_something_else_makes_the_exit_code_1(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    asked["report"] = WRONG
    assert run(["bench"]) == 1
    assert "tf.function: differs" in capsys.readouterr().out


def test_an_unknown_peer_gets_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--against", "keras,pytorch"]) == 2
    assert "did you mean 'torch'?" in capsys.readouterr().err


def test_a_real_bench_agrees_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["data.length=2", "data.features=2", "data.outputs=3", "model.layers.0.units=3"]
    settings = [part for value in small for part in ("--set", value)]
    assert run(["bench", "--json", "--against", "eager", "--seconds", "0.1", *settings]) == 0
    report = json.loads(capsys.readouterr().out)
    keys = [entry["key"] for entry in report["rows"]]
    # Beside the package, which may be installed.
    in_checkout = ["floor", "products_1", "products_2"] if workflow._CHECKOUT.is_dir() else []
    assert keys == ["ours", "ours_weight_norms", "ours_no_norms", "eager", "tf_function", *in_checkout]
    assert report["agrees"]
    assert 0 <= report["input_wait"] < 1
    assert report["batches_from"] == "device"
    assert all(entry["low"] <= entry["milliseconds"] <= entry["high"] for entry in report["rows"])


def test_a_terminal_is_told_what_happens_in_one_line(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench"]) == 0
    asked["tell"]("preparing JAX")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert run(["bench"]) == 0
    asked["tell"]("preparing JAX")
    assert capsys.readouterr().err == "\rpreparing JAX …"


def test_training_that_does_not_stay_finite_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["optimizer.learning_rate=1e30", "data.length=2", "model.layers.0.activation=relu"]
    chosen = [part for value in settings for part in ("--set", value)]
    assert run(["bench", "--against", "", "--seconds", "0.1", *chosen]) == 4
    assert "lower optimizer.learning_rate for the bench" in capsys.readouterr().err
