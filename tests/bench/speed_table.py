"""Measures the speed table: five shapes, each in a process of its own, as in rnnctl/docs/performance.md.

Run it on a machine that does nothing else; it takes about a minute a shape::

    python tests/bench/speed_table.py                     all shapes
    python tests/bench/speed_table.py --only lstm         those whose name holds "lstm"
    python tests/bench/speed_table.py --seconds 40 --save speed.jsonl

Every cell is this project's time over the other's, all norms on, with the bound it is held to in brackets; a cell over
its bound is bold, and makes the exit code 1. PyTorch and JAX are asked where they are installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Shape(NamedTuple):
    """One row: a layer on random sequences, and the bounds by the key of the row they are over."""

    cell: str
    batch: int
    time_steps: int
    features: int
    units: int
    bounds: dict[str, float]

    @property
    def name(self) -> str:
        words = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
        return f"{words[self.cell]} {self.batch}×{self.time_steps}×{self.features}→{self.units}"

    @property
    def overrides(self) -> list[str]:
        values = {
            "data.sequences": self.batch,
            "data.length": self.time_steps,
            "data.features": self.features,
            "data.outputs": self.units,
            "training.batch_size": self.batch,
            "model.layers.0.cell": self.cell,
            "model.layers.0.units": self.units,
        }
        return [part for key, value in values.items() for part in ("--set", f"{key}={value}")]


def bounds(default: float, best: float, torch: float, jax: float, floor: float) -> dict[str, float]:
    own = {"ours_weight_norms": 1.05, "ours_no_norms": 1.05}
    return {"keras_default": default, "keras_best": best, "torch": torch, "jax": jax, "floor": floor, **own}


GATED = bounds(0.60, 0.60, 0.65, 0.80, 1.8)
SHAPES = (
    Shape("simple_rnn", 32, 10, 32, 64, bounds(0.12, 0.55, 0.25, 1.0, 1.3)),
    Shape("simple_rnn", 64, 100, 16, 128, bounds(0.33, 0.75, 0.38, 0.65, 1.5)),
    Shape("simple_rnn", 32, 500, 1, 64, bounds(0.50, 0.60, 0.33, 0.80, 1.6)),
    Shape("gru", 64, 100, 16, 128, GATED),
    Shape("lstm", 64, 100, 16, 128, GATED),
)
COLUMNS = {
    "keras_default": "÷ `fit` default",
    "keras_best": "÷ `fit` best",
    "torch": "÷ PyTorch",
    "jax": "÷ JAX",
    "floor": "÷ floor",
    "ours_weight_norms": "÷ through time off",
    "ours_no_norms": "÷ no norms",
}
COMPILE_MOST = 3.0
HEAD = ["batch × time × features → units", "ms a step", *COLUMNS.values(), "compile"]


def measure(shape: Shape, seconds: float) -> dict:
    command = [sys.executable, "-m", "rnnctl", "bench", "--json", "--seconds", f"{seconds:g}", *shape.overrides]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def table_row(shape: Shape, report: dict) -> tuple[str, bool]:
    """A line of the table, and whether every cell keeps its bound."""
    rows = {row["key"]: row for row in report["rows"]}
    ours = rows["ours"]
    cells, kept = [shape.name, f"{ours['milliseconds']:.3g}"], report["agrees"]
    for key in COLUMNS:
        ratio = rows.get(key, {}).get("ratio")
        if ratio is None:
            cells.append("–")
            continue
        text, within = f"{ratio:.2f}", ratio <= shape.bounds[key]
        kept &= within
        cells.append(f"{text if within else f'**{text}**'} (≤ {shape.bounds[key]:g})")
    compiled = ours["compile_seconds"]
    within = compiled <= COMPILE_MOST
    cells.append(f"{compiled:.1f} s" if within else f"**{compiled:.1f} s**")
    return f"| {' | '.join(cells)} |", kept and within


def details(report: dict) -> str:
    """What each was, in milliseconds, for whoever wants to know where a ratio comes from."""
    parts = []
    for row in report["rows"]:
        time = row["remark"] if row["milliseconds"] is None else f"{row['milliseconds']:.3g} ms"
        settings = f" ({row['settings']})" if row["settings"] else ""
        differs = f" LOSSES DIFFER: {row['remark']}" if row["agrees"] is False else ""
        parts.append(f"    {row['name']}: {time}{settings}{differs}")
    return "\n".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the speed table.")
    parser.add_argument("--seconds", type=float, default=30, help="of measuring a shape, compiling on top")
    parser.add_argument("--only", default="", help="measure the shapes whose name holds this")
    parser.add_argument("--save", type=Path, help="append each report to this file as a JSON line")
    options = parser.parse_args()
    lines, all_kept = [], True
    for shape in SHAPES:
        if options.only.casefold() not in shape.name.casefold():
            continue
        report = measure(shape, options.seconds)
        print(f"{shape.name}: {report['seconds']:.0f} s\n{details(report)}", file=sys.stderr, flush=True)
        if options.save:
            with options.save.open("a", encoding="utf-8") as file:
                file.write(json.dumps(report, ensure_ascii=False) + "\n")
        line, kept = table_row(shape, report)
        lines.append(line)
        all_kept &= kept
    print("\n".join([f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|", *lines]))
    return 0 if all_kept else 1


if __name__ == "__main__":
    sys.exit(main())
