"""Measures commands from start to prompt, as ratios to what importing TensorFlow takes, wall-clock and CPU.

Every round runs each command once in a process of its own, and the import too, so that what else the machine does hits
all alike. Of each the median is told, and for wall-clock the least and the largest::

    python tests/bench/commands.py
    python tests/bench/commands.py --rounds 11 --only predict

The runs are made first: an ensemble as ``init`` writes it for 250 months, and the first example. What ``train``
compiles is compiled each time, unless ``--warm`` is asked for. A ratio above its goal makes the exit code 1. A stacked
bidirectional LSTM on sequences of 3 to 29 time steps is told as a ratio to stock Keras, which trains the same
(``stock_bilstm.py``).
"""

from __future__ import annotations

import argparse
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from bench import stock_bilstm as peer  # noqa: E402

from rnnctl.programs import SWITCH  # noqa: E402

IMPORT = ("-c", "import tensorflow, keras")
GOALS = {
    "train, first": 1.25,
    "train, 250 months, one net": 1.6,
    "train, 250 months": 2.2,
    "train, vowels": 2.5,
    "train, stacked": 1.0,
    "inspect-gradients": 1.2,
    "": 0.35,
}
"""Most CPU time as a share of the import's, by how a command's name begins; the first that fits holds."""
WARM_GOAL = 1.15
"""The same of what trains and need not compile."""
STACKED = "train, stacked LSTM in both directions"
PEER = "stock Keras, the same LSTM"
AGAINST = {STACKED: PEER}
"""What a command's ratio is to, where that is not the import."""
WAY = "init, train and predict, 250 months"
UNJUDGED = "import", "predict --engine tensorflow", PEER, WAY
"""What is measured for comparison alone."""
ONE_NET = ("--set", "training.members=1", "--set", "training.refit=false")
WHOLE_WAY = """
import os, subprocess, sys, tempfile
data = os.path.abspath("months.csv")
with tempfile.TemporaryDirectory() as folder:
    for words in (("init", data), ("train", "months.yaml", "--quiet"), ("predict", "runs/months-1")):
        subprocess.run([sys.executable, "-m", "rnnctl", *words], cwd=folder, check=True)
"""

STACKED_CONFIG = f"""
data:
  {{kind: csv, path: stacked.csv, task: per_sequence, series: sequence, time: step, features: [a, b], target: [kind],
   columns: {{kind: category}}, split: {{validation: 0, test: 0}}}}
model:
  layers:
    - {{cell: lstm, units: {peer.UNITS}, bidirectional: true}}
    - {{cell: lstm, units: {peer.UNITS}, bidirectional: true}}
optimizer: {{kind: adam, learning_rate: {peer.RATE}}}
training: {{epochs: {peer.EPOCHS}, batch_size: {peer.BATCH}}}
"""

COMMANDS: dict[str, tuple[str, ...]] = {
    "predict, 250 months": ("predict", "runs/months-1"),
    "predict --horizon 12 --interval 80": ("predict", "runs/months-1", "--horizon", "12", "--interval", "80"),
    "evaluate, 250 months": ("evaluate", "runs/months-1"),
    "evaluate --folds 3 --interval 80": ("evaluate", "runs/months-1", "--folds", "3", "--interval", "80"),
    "evaluate --split train, first example": ("evaluate", "runs/first-step-1", "--split", "train"),
    "predict --engine tensorflow": ("predict", "runs/months-1", "--engine", "tensorflow"),
    "train, first example": ("train", "--no-run-folder"),
    "train, 250 months": ("train", "months.yaml", "--no-run-folder"),
    "train, 250 months, one net": ("train", "months.yaml", "--no-run-folder", *ONE_NET),
    "train, vowels": ("train", str(ROOT / "configs" / "vowels.yaml"), "--no-run-folder"),
    STACKED: ("train", "stacked.yaml", "--no-run-folder"),
    "inspect-gradients, first example": ("inspect-gradients",),
}
"""Arguments of each command, by its name in the table."""


@dataclass(frozen=True)
class Sample:
    """Seconds of a process, by the clock and of CPU."""

    wall: float
    cpu: float


def timed(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Sample:
    """Runs Python once."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr.decode()}")
    return Sample(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def race(
    asked: Mapping[str, Sequence[str]], rounds: int, folder: Path, environment: Mapping[str, str]
) -> dict[str, list[Sample]]:
    """So many samples of each, round by round, after one of each that is not counted: it fills caches."""
    samples: dict[str, list[Sample]] = {name: [] for name in asked}
    for number in range(rounds + 1):
        for name, arguments in asked.items():
            sample = timed(arguments, folder, environment)
            if number:
                samples[name].append(sample)
    return samples


def row(name: str, samples: Sequence[Sample], against: Sequence[Sample]) -> tuple[str, float]:
    """A line of the table, and the ratio of the CPU seconds, which a busy machine blurs less."""
    walls = sorted(sample.wall for sample in samples)
    wall, cpu = (median(getattr(sample, of) for sample in samples) for of in ("wall", "cpu"))
    whole, of_cpu = (median(getattr(sample, of) for sample in against) for of in ("wall", "cpu"))
    spread = f"{walls[0]:.2f}–{walls[-1]:.2f}"
    return f"| {name} | {wall:.2f} | {spread} | {wall / whole:.2f} | {cpu:.2f} | {cpu / of_cpu:.2f} |", cpu / of_cpu


def goal(name: str, *, warm: bool = False) -> float:
    """The goal of a command, with what it compiles kept or not."""
    cold = next(ratio for begin, ratio in GOALS.items() if name.startswith(begin))
    return min(cold, WARM_GOAL) if warm else cold


def months(path: Path, count: int = 250) -> None:
    """Writes a series with a season and a trend."""
    draw, level, lines = random.Random(1), 100.0, ["month,sold"]
    for month in range(count):
        level += 0.3 + draw.gauss(0, 1.5)
        value = level + 12 * math.sin(math.tau * month / 12)
        lines.append(f"{2000 + month // 12}-{month % 12 + 1:02d}-01,{value:.2f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def stacked(folder: Path) -> None:
    """Writes 150 sequences of 3 to 29 time steps that rise or fall, and the config of `STACKED`: 200 steps."""
    draw, lines = random.Random(2), ["sequence,step,a,b,kind"]
    for number in range(150):
        up = number % 2
        for step in range(draw.randint(3, 29)):
            a, b = (2 * up - 1) * 0.1 * step + draw.gauss(0, 1), draw.gauss(0, 1)
            lines.append(f"{number},{step},{a:.4f},{b:.4f},{('down', 'up')[up]}")
    (folder / "stacked.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "stacked.yaml").write_text(STACKED_CONFIG, encoding="utf-8")


def make_runs(folder: Path, environment: Mapping[str, str]) -> None:
    """Trains what is measured."""
    months(folder / "months.csv")
    stacked(folder)
    for arguments in (("init", "months.csv"), ("train", "months.yaml"), ("train",)):
        timed(["-m", "rnnctl", *arguments], folder, environment)


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--warm", action="store_true", help="take programs that were compiled before from the cache")
    parser.add_argument("--only", default="", help="commands whose name holds this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        # Compiled modules are kept, as an installed package has them, but outside the repository.
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment |= {} if options.warm else {SWITCH: "never"}
        make_runs(folder, environment)
        measured = {name: ("-m", "rnnctl", *words) for name, words in COMMANDS.items()}
        measured |= {WAY: ("-c", WHOLE_WAY), PEER: (peer.__file__, "stacked.csv")}
        chosen = {name: words for name, words in measured.items() if options.only in name}
        chosen |= {AGAINST[name]: measured[AGAINST[name]] for name in chosen if name in AGAINST}
        samples = race({"import": IMPORT, **chosen}, options.rounds, folder, environment)
    print("| command | s | least and most | of the import | CPU s | of the import |\n|---|---|---|---|---|---|")
    found = {name: row(name, each, samples[AGAINST.get(name, "import")]) for name, each in samples.items()}
    print("\n".join(line for line, _ in found.values()))
    judged = {name: ratio for name, (_, ratio) in found.items() if name not in UNJUDGED}
    return int(any(ratio > goal(name, warm=options.warm) for name, ratio in judged.items()))


if __name__ == "__main__":
    sys.exit(main())
