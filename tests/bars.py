"""What every config for a kind of sequence must reach on held-out data, beside what needs no network.

``python tests/bars.py [NAME…]`` trains them and prints the table of rnnctl/docs/data.md: the median over the
seeds, with the lowest and the highest. ``tests/test_bars.py`` holds the quick ones to their bars with one seed.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parent.parent
THREE, FIVE = (0, 1, 2), (0, 1, 2, 3, 4)
HIGHER_IS_BETTER = ("accuracy", "macro_f1", "exact")


@dataclass(frozen=True, slots=True)
class Bar:
    """What a config must reach.

    Attributes:
        config: Its name.
        task: What it does, for the table.
        metric: A key of the run's summary, without ``test_``.
        limit: The bar; where ``beside`` names a baseline, the share of that baseline's value.
        beside: A baseline of rnnctl's own.
        other: A baseline that is calculated here: its name, and how.
        seeds: Seeds that the table is made with.
        quick: Whether it trains in a few seconds.
    """

    config: str
    task: str
    metric: str
    limit: float
    beside: str | None = None
    other: tuple[str, Callable[[], float]] | None = None
    seeds: tuple[int, ...] = THREE
    quick: bool = False

    def value(self, metrics: Mapping[str, float]) -> float:
        """What a run reached."""
        return metrics[f"test_{self.metric}"]

    def required(self, metrics: Mapping[str, float]) -> float:
        """What it must reach."""
        return self.limit * (metrics[f"{self.beside}_{self.metric}"] if self.beside else 1.0)

    def passes(self, metrics: Mapping[str, float]) -> bool:
        """Whether it did."""
        value, required = self.value(metrics), self.required(metrics)
        return value >= required if self.metric in HIGHER_IS_BETTER else value <= required


def counted_words() -> float:
    """Test accuracy of logistic regression on how often each word occurs in a sentence: it knows all but the order."""
    table = pl.read_csv(ROOT / "data/sentiment.csv")
    words = [re.findall(r"\w+|[^\w\s]", review) for review in table["review"]]
    places = {word: place for place, word in enumerate(sorted({word for found in words for word in found}))}
    counts = np.zeros((len(words), len(places) + 1))
    counts[:, -1] = 1
    for row, found in enumerate(words):
        for word in found:
            counts[row, places[word]] += 1
    positive = (table["feeling"] == "positive").to_numpy().astype(float)
    held_out = round(0.15 * len(words))
    train, test = slice(0, len(words) - 2 * held_out), slice(len(words) - held_out, None)
    weights = np.zeros(counts.shape[1])
    for _ in range(3000):
        told = 1 / (1 + np.exp(-counts[train] @ weights))
        weights -= 0.5 * counts[train].T @ (told - positive[train]) / len(told)
    return float(((counts[test] @ weights > 0) == positive[test]).mean())


def exact_motifs() -> float:
    """Test macro F1 of tagging every exact occurrence of the motif: it misses those with a mutation."""
    sequences = pl.read_csv(ROOT / "data/dna.csv.gz").partition_by("sequence", maintain_order=True)
    truth, told = [], []
    for table in sequences[len(sequences) - round(0.15 * len(sequences)) :]:
        bases = "".join(table["base"])
        found = np.zeros(len(bases), dtype=bool)
        for place in re.finditer("TAGCTTACGGAC", bases):
            found[place.start() : place.end()] = True
        told.append(found)
        truth.append((table["tag"] == "motif").to_numpy())
    motif, tagged = np.concatenate(truth), np.concatenate(told)
    classes = ((motif, tagged), (~motif, ~tagged))
    return float(np.mean([2 * (true & said).sum() / (true.sum() + said.sum()) for true, said in classes]))


BOUND = 1.1569
"""Of the clicks, in nats an action; ``data/README.md`` states it, and ``data/generate/clicks.py`` derives it."""

BARS = (
    Bar("sunspots", "time series: sunspots of the year to come", "mae", 0.65, beside="naive", seeds=FIVE),
    Bar("co2", "time series with gaps: CO₂ of the weeks to come", "mae", 0.9, beside="naive"),
    Bar("vowels", "speech: which of nine speakers", "accuracy", 0.97, seeds=FIVE, quick=True),
    Bar("digits", "images: handwritten digits, row by row", "accuracy", 0.95, seeds=FIVE),
    Bar("characters", "text: the next character of a novel", "bits", 0.8, beside="markov2", seeds=(0,)),
    Bar("sentiment", "text: praise or blame", "accuracy", 0.98, other=("counted words", counted_words), quick=True),
    Bar("dna", "DNA: a motif, tagged base by base", "macro_f1", 0.95, other=("exact search", exact_motifs), quick=True),
    Bar("clicks", "behaviour: the next action", "crossentropy", 1.02 * BOUND, other=("entropy bound", lambda: BOUND)),
    Bar("music", "music: the next note", "crossentropy", 0.5, beside="markov1"),
    Bar("video-direction", "video: where a shape moves to", "accuracy", 0.99, quick=True),
    Bar("video-next", "video: the next frame", "rmse", 0.6, beside="naive"),
    Bar("captions", "pictures: captions of unseen combinations", "exact", 0.95, seeds=FIVE),
)


def measured(name: str, seed: int = 0) -> tuple[dict[str, float], float]:
    """Test metrics of a config trained with a seed, and the seconds that it trained."""
    from rnnctl.config import load_config
    from rnnctl.workflows.train import train_steps

    with tempfile.TemporaryDirectory() as folder:
        run = train_steps(load_config(ROOT / f"configs/{name}.yaml", [f"seed={seed}"]), out=Path(folder))
        for _ in run.events():
            pass
        assert run.summary is not None
        return dict(run.summary.metrics), run.summary.seconds


def line(bar: Bar) -> str:
    """A config's row of the table."""
    from rnnctl.scoring.measures import BASELINES, METRICS, best_baseline, by_baseline

    runs = [measured(bar.config, seed) for seed in bar.seeds]
    metrics = runs[0][0]
    values = [bar.value(found) for found, _ in runs]
    _, baselines = by_baseline(metrics)
    if bar.metric in HIGHER_IS_BETTER:
        baselines.pop("previous", None)  # it is told the true class of the time step before, which no network here sees
    best = best_baseline(bar.metric, baselines)
    beside = [f"{BASELINES[best].title} {_shown(bar.metric, baselines[best][bar.metric])}"] if best else []
    beside += [f"{bar.other[0]} {_shown(bar.metric, bar.other[1]())}"] if bar.other else []
    spread = f" ({_shown(bar.metric, min(values))}–{_shown(bar.metric, max(values))})" if len(values) > 1 else ""
    sign = "≥" if bar.metric in HIGHER_IS_BETTER else "≤"
    cells = (
        f"`{bar.config}`",
        bar.task,
        METRICS[bar.metric].title,
        f"{_shown(bar.metric, statistics.median(values))}{spread}",
        f"{sign} {_shown(bar.metric, bar.required(metrics))}",
        ", ".join(beside),
        f"{statistics.median(seconds for _, seconds in runs):.1f}",
    )
    return f"| {' | '.join(cells)} |"


def _shown(metric: str, value: float) -> str:
    return f"{100 * value:.1f} %" if metric in HIGHER_IS_BETTER else f"{value:.3f}"


def main(names: list[str]) -> None:
    """Prints the table, of all configs or of those named."""
    print("| config | kind of sequence | measure | reached | bar | without a network | seconds |")
    print("|---|---|---|---|---|---|---|")
    for bar in BARS:
        if not names or bar.config in names:
            print(line(bar), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
