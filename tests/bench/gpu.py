"""What can be measured on a GPU alone: parity of the kernels, equal bits, and speed beside Keras with cuDNN.

Takes a few minutes on one GPU, and ends with 1 where something does not hold or there is none::

    python tests/bench/gpu.py
    python tests/bench/gpu.py --anyway       on a CPU, to see that the script itself works

The kernels are compared with stock Keras, NumPy in float64 and finite differences by the tests that do so on a CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from bench.speed_table import Shape, measure  # noqa: E402

PARITY = ("model/recurrent", "training/test_masks.py", "training/test_truncate.py", "training/test_truth.py")
"""Tests of every kernel: masks, both directions, stateful layers, float64, activations, gradients through time."""

TIMED = tuple(Shape(cell, 64, 100, 16, 128, {}) for cell in ("simple_rnn", "gru", "lstm"))
MOST = {"simple_rnn": 1 / 3, "gru": 1.0, "lstm": 1.0}
"""Most time of a step without gradients through time, over ``fit`` at its defaults (cuDNN for GRU and LSTM)."""

SAME_BITS = ("configs/first-step.yaml", "configs/gru.yaml", "configs/lstm.yaml")


def device() -> str:
    """Name of the GPU, or ``CPU``."""
    code = "from rnnctl import backend; print(backend.device_name())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def parity() -> Iterator[tuple[str, bool]]:
    """Runs the tests of the kernels where the GPU is seen."""
    command = [sys.executable, "-m", "pytest", "-q", "-n4", "-m", "not slow", "-p", "no:cacheprovider", "--durations=0"]
    done = subprocess.run(
        [*command, *(f"tests/{name}" for name in PARITY)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    for line in lines:
        if line.startswith(("FAILED", "ERROR")):
            yield line, False
    yield f"kernels: {lines[-1] if lines else done.stderr}", done.returncode == 0


def same_bits() -> Iterator[tuple[str, bool]]:
    """Trains some configs twice, and compares the weights; then a run is trained again by ``verify``."""
    for config in SAME_BITS:
        with tempfile.TemporaryDirectory() as folder:
            found = set()
            for turn in ("a", "b"):
                rnnctl("train", config, "--quiet", "--steps", "40", "--out", str(Path(folder, turn)))
                (run,) = Path(folder, turn).iterdir()
                found.add((run / "weights.safetensors").read_bytes())
            verified = rnnctl("verify", str(run)) == 0
            same = len(found) == 1
            yield f"{config}: twice the same weights: {same}, and verify's: {verified}", same and verified


def rnnctl(*arguments: str) -> int:
    """Runs a command; gives its exit code."""
    command = [sys.executable, "-m", "rnnctl", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode


def speed(seconds: float = 8.0) -> Iterator[tuple[str, bool]]:
    """A row of the table for each cell."""
    yield (
        "| batch × time × features → units | all norms, ms | through time off, ms | `fit`, ms | ÷ `fit` | most |",
        True,
    )
    yield "|---|---|---|---|---|---|", True
    for shape in TIMED:
        yield speed_row(shape, measure(shape, seconds))


def speed_row(shape: Shape, report: dict) -> tuple[str, bool]:
    """A line of the table, and whether the ratio is small enough and the losses agree."""
    times = {row["key"]: row["milliseconds"] for row in report["rows"]}
    ratio, most = times["ours_weight_norms"] / times["keras_default"], MOST[shape.cell]
    cells = [f"{times[key]:.3g}" for key in ("ours", "ours_weight_norms", "keras_default")]
    line = f"| {shape.name} | {' | '.join(cells)} | {ratio:.2f} | {most:.2f} |"
    return line, ratio <= most and report["agrees"]


CHECKS: dict[str, Callable[[], Iterator[tuple[str, bool]]]] = {
    "parity": parity,
    "same bits": same_bits,
    "speed": speed,
}


def main() -> int:
    """Runs the checks, and prints a line for each thing that was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anyway", action="store_true", help="run without a GPU")
    parser.add_argument("--only", choices=CHECKS, help="one of the checks")
    parser.add_argument("--json", type=Path, help="write what was found to this file too")
    options = parser.parse_args()
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # tests hide the GPU else
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # several processes share its memory
    os.environ["PYTHONPATH"] = str(ROOT)
    name = device()
    print(f"device: {name}", flush=True)
    if name == "CPU" and not options.anyway:
        print("no GPU was found: nothing is measured (--anyway runs the checks on the CPU)")
        return 1
    found = []
    for check, run in CHECKS.items():
        for line, holds in run() if options.only in (None, check) else ():
            print(line if holds else f"{line}   DOES NOT HOLD", flush=True)
            found.append({"check": check, "found": line, "holds": holds})
    if options.json:
        options.json.write_text(json.dumps({"device": name, "checks": found}, indent=1), encoding="utf-8")
    return int(not all(entry["holds"] for entry in found))


if __name__ == "__main__":
    sys.exit(main())
