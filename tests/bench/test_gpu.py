"""The script for a GPU, whose parts must work when one is lent at last."""

from __future__ import annotations

import subprocess
import sys

from bench import gpu

TIMES = {"ours": 1.2, "ours_weight_norms": 1.0, "keras_default": 2.0}


def report(agrees=True, **times):
    rows = [{"key": key, "milliseconds": time} for key, time in {**TIMES, **times}.items()]
    return {"rows": rows, "agrees": agrees}


def test_a_row_holds_where_the_ratio_is_small_enough_and_the_losses_agree():
    simple, gru, _ = gpu.TIMED
    line, holds = gpu.speed_row(gru, report())
    assert (line, holds) == ("| GRU 64×100×16→128 | 1.2 | 1 | 2 | 0.50 | 1.00 |", True)
    assert not gpu.speed_row(simple, report())[1]
    assert gpu.speed_row(simple, report(keras_default=3.1))[1]
    assert not gpu.speed_row(gru, report(agrees=False))[1]


def test_what_is_run_is_there():
    assert all((gpu.ROOT / "tests" / name).exists() for name in gpu.PARITY)
    assert all((gpu.ROOT / name).is_file() for name in gpu.SAME_BITS)
    assert set(gpu.MOST) == {shape.cell for shape in gpu.TIMED}


def test_a_failed_test_is_told_by_its_name(monkeypatch):
    said = "....F\nFAILED tests/a.py::test_b - AssertionError\n1 failed, 4 passed in 2.0s\n"
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, said, ""))
    assert list(gpu.parity()) == [
        ("FAILED tests/a.py::test_b - AssertionError", False),
        ("kernels: 1 failed, 4 passed in 2.0s", False),
    ]


def test_without_a_gpu_nothing_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(gpu, "device", lambda: "CPU")
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "")
    monkeypatch.setattr(gpu, "CHECKS", {"parity": lambda: [("never", True)]})
    assert gpu.main() == 1
    assert "no GPU was found" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--anyway"])
    assert gpu.main() == 0
    assert "never" in capsys.readouterr().out
