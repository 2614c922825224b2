"""Sets training on JapaneseVowels beside stock Keras, whole processes from the command line to the last result.

Run it on a machine that does nothing else; it takes about two minutes::

    python tests/bench/vowels.py
    python tests/bench/vowels.py --only gru --times 5

Both train one layer of 64 units with dropout 0.3 and Adam for 60 epochs of batches of 32, on the 270 utterances
published for it, and are tested on the other 370. Ours does more: it records every gradient's norms, writes a run
folder with checkpoints, and scores baselines. It is measured with nothing kept from earlier runs (``first``), and with
what those runs keep (``again``), in turns with stock Keras; shown are medians. Training is Keras' ``fit``, and ours
from before the first step, tracing and compiling included, to the last. A ratio over a third is bold, and makes the
exit code 1.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # this repository's package, wherever the script is called from

CELLS = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
UNITS, DROPOUT, EPOCHS, BATCH, RATE = 64, 0.3, 60, 32, 0.001

MOST = 1 / 3
"""Of stock Keras' time, what ours may take."""


class Run(NamedTuple):
    """What one process came to.

    Attributes:
        whole: Seconds from its start to its exit.
        training: Seconds of training.
        accuracy: Share of the test's utterances whose speaker is told.
    """

    whole: float
    training: float
    accuracy: float


class Vowels(NamedTuple):
    """One split of the data, padded with zeros at the end.

    Attributes:
        inputs: ``[utterances, frames, coefficients]``, float32.
        speakers: ``[utterances]``, the classes by number.
    """

    inputs: Any
    speakers: Any


def read_vowels(path: Path) -> tuple[Vowels, Vowels]:
    """Reads the file as a user of stock Keras does: scaled by the training rows' mean and deviation, and padded.

    Returns:
        The training and the test utterances.
    """
    import csv
    import gzip
    from itertools import groupby

    import numpy as np

    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    utterances = [list(group) for _, group in groupby(rows, key=lambda row: row["utterance"])]
    names = [name for name in rows[0] if name.startswith("c")]
    classes = sorted({row["speaker"] for row in rows})
    train = np.array([[float(row[name]) for name in names] for row in rows if row["split"] == "train"])
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    longest = max(map(len, utterances))

    def split(name: str) -> Vowels:
        chosen = [utterance for utterance in utterances if utterance[0]["split"] == name]
        inputs = np.zeros((len(chosen), longest, len(names)), np.float32)
        for place, utterance in enumerate(chosen):
            values = np.array([[float(row[name]) for name in names] for row in utterance])
            inputs[place, : len(utterance)] = (values - mean) / deviation
        return Vowels(inputs, np.array([classes.index(utterance[0]["speaker"]) for utterance in chosen]))

    return split("train"), split("test")


def train_stock(cell: str, seed: int, epochs: int) -> dict[str, float]:
    """Trains stock Keras, as its guides do it.

    Args:
        cell: The layer's name in Keras.
        seed: Of the weights, the order and dropout.
        epochs: Epochs.

    Returns:
        Seconds of ``fit``, and the accuracy on the test.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras

    keras.utils.set_random_seed(seed)
    train, test = read_vowels(ROOT / "data" / "japanese_vowels.csv.gz")
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(train.inputs.shape[1:]),
            layers.Masking(),
            getattr(layers, cell)(UNITS, dropout=DROPOUT),
            layers.Dense(int(train.speakers.max()) + 1, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    began = time.perf_counter()
    model.fit(train.inputs, train.speakers, epochs=epochs, batch_size=BATCH, verbose=0)
    seconds = time.perf_counter() - began
    _, accuracy = model.evaluate(test.inputs, test.speakers, verbose=0)
    return {"training": seconds, "accuracy": float(accuracy)}


def our_arguments(cell: str, seed: int, epochs: int, out: Path) -> list[str]:
    """What is typed to train the same with this project."""
    values = {
        "seed": seed,
        "model.layers": f"[{{cell: {cell}, units: {UNITS}, dropout: {DROPOUT}}}]",
        "optimizer": f"{{kind: adam, learning_rate: {RATE}}}",
        "training": f"{{epochs: {epochs}, batch_size: {BATCH}}}",
    }
    overrides = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
    return ["train", str(ROOT / "configs" / "vowels.yaml"), *overrides, "--out", str(out)]


class Watched:
    """Passes on what a display is told, and notes when training began and when its last step was shown."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self.began = self.ended = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._display, name)

    def begin(self, header: Any) -> None:
        self._display.begin(header)
        self.began = time.perf_counter()

    def step(self, record: Any) -> None:
        self._display.step(record)
        self.ended = time.perf_counter()


def train_ours(cell: str, seed: int, epochs: int, out: Path) -> dict[str, float]:
    """Runs this project's own command line, with a stopwatch between it and its display.

    Returns:
        As for ``train_stock``.
    """
    from rnnctl.cli.main import run
    from rnnctl.cli.train import Asked

    display, shown = Asked.display, []

    def watched(*given: Any, **named: Any) -> Any:
        shown.append(Watched(display(*given, **named)))
        return shown[-1]

    Asked.display = watched
    try:
        code = run(our_arguments(cell, seed, epochs, out))
    finally:
        Asked.display = display
    if code:
        sys.exit(code)
    (folder,) = out.iterdir()
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return {"training": shown[0].ended - shown[0].began, "accuracy": summary["test_accuracy"]}


def timed(arguments: Sequence[str], **environment: str) -> Run:
    """Runs this script for one training, in a process of its own.

    Args:
        arguments: Of this script.
        environment: What is added to the environment.
    """
    command = [sys.executable, str(Path(__file__).resolve()), *arguments]
    environment = os.environ | environment
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # packages that are installed are there as bytecode
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    whole = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Run(whole, **json.loads(done.stdout.splitlines()[-1]))


def measure(cell: str, times: int, epochs: int = EPOCHS) -> dict[str, list[Run]]:
    """Trains in turns: stock Keras, ours with nothing kept, and ours again.

    Args:
        cell: A cell by its name in a config.
        times: How often each.
        epochs: Epochs.

    Returns:
        The runs of each, ``stock``, ``first`` and ``again``, one a seed.
    """
    runs: dict[str, list[Run]] = {"stock": [], "first": [], "again": []}
    for seed in range(times):
        asked = ["--cell", cell, "--seed", str(seed), "--epochs", str(epochs)]
        with tempfile.TemporaryDirectory() as kept:
            runs["stock"].append(timed(["--train", "stock", *asked]))
            runs["first"].append(timed(["--train", "ours", *asked], RNNCTL_CACHE=kept))
            runs["again"].append(timed(["--train", "ours", *asked], RNNCTL_CACHE=kept))
    return runs


def rows(cell: str, runs: dict[str, list[Run]]) -> tuple[list[str], bool]:
    """The lines of the table for a cell, and whether ours is as fast as it must be.

    Args:
        cell: A cell by its name in a config.
        runs: From ``measure``.
    """
    stock = runs["stock"]
    lines, kept = [], True
    for key, name in (("stock", "stock Keras"), ("first", "ours, first"), ("again", "ours, again")):
        cells = [CELLS[cell], name]
        for what in ("whole", "training"):
            seconds = median(getattr(run, what) for run in runs[key])
            # Of each pair that ran one after the other, so that a slow minute falls on both.
            ratio = median(
                getattr(run, what) / getattr(other, what) for run, other in zip(runs[key], stock, strict=True)
            )
            within = key == "stock" or ratio <= MOST
            kept &= within
            cells += [f"{seconds:.1f} s", "" if key == "stock" else f"{ratio:.2f}" if within else f"**{ratio:.2f}**"]
        accuracy = median(run.accuracy for run in runs[key])
        lines.append(f"| {' | '.join([*cells, f'{100 * accuracy:.1f} %'])} |")
    return lines, kept


def main() -> int:
    """Prints the table; 1 where something is slower than it may be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="Measure the cells whose name holds this.")
    parser.add_argument("--times", type=int, default=3, help="How often each is trained, with another seed each time.")
    one = parser.add_argument_group("one training, in this process")
    one.add_argument("--train", choices=["stock", "ours"])
    one.add_argument("--cell", choices=list(CELLS), default="simple_rnn")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--epochs", type=int, default=EPOCHS)
    asked = parser.parse_args()
    if asked.train == "stock":
        print(json.dumps(train_stock(CELLS[asked.cell], asked.seed, asked.epochs)))
        return 0
    if asked.train == "ours":
        with tempfile.TemporaryDirectory() as out:
            print(json.dumps(train_ours(asked.cell, asked.seed, asked.epochs, Path(out))))
        gc.freeze()  # as the command line does at its end
        return 0
    print("| cell | | whole process | ÷ stock | training | ÷ stock | accuracy |\n|---|---|---|---|---|---|---|")
    all_kept = True
    for cell, name in CELLS.items():
        if asked.only.casefold() in name.casefold():
            lines, kept = rows(cell, measure(cell, asked.times, asked.epochs))
            print("\n".join(lines), flush=True)
            all_kept &= kept
    return 0 if all_kept else 1


if __name__ == "__main__":
    sys.exit(main())
