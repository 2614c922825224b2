"""What an evaluation of a run came to: a frozen result that console, JSON and HTML share. Knows no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

from rnnctl.runs.tested import TestResults
from rnnctl.scoring.backtest import Fold, Place
from rnnctl.scoring.score_words import unbeaten
from rnnctl.scoring.scores import Scores


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A run's model on one split.

    Attributes:
        run: Name of the run's folder.
        name: Name of its config.
        model: The model in words, such as ``SimpleRNN 64``.
        step: Step of the checkpoint that its weights are from; None for its final weights.
        task: What is predicted, as ``data.task``.
        target_kind: ``number``, ``boolean`` or ``category``.
        split: ``train``, ``validation`` or ``test``; ``all`` of another file.
        data: Another file that was evaluated on; None for the run's own.
        sequences: Sequences of the split.
        horizon: Rows ahead that are forecast; 0 where none are.
        first: Where the first entry stands; None where sequences have no place.
        last: Where the last one does.
        scores: The model's metrics and the baselines'.
        results: Truth and forecast, or the confusion matrix.
        folds: The scores stretch by stretch, where asked for.
        notes: What the user should know, one sentence each.
    """

    run: str
    name: str
    model: str
    step: int | None
    task: str
    target_kind: str
    split: str
    data: str | None
    sequences: int
    horizon: int
    first: Place | None
    last: Place | None
    scores: Scores
    results: TestResults
    folds: tuple[Fold, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def unbeaten(self) -> dict[str, tuple[str, ...]]:
        """The baselines that the model is not better than, by metric."""
        return unbeaten(self.scores.metrics, self.scores.baselines)
