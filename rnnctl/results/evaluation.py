"""Evaluations: metrics of a model and of the baselines, and predictions beside the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Metrics = Mapping[str, float]

Place = str | int | float
"""Where a row stands: its time, or its number in its series where there is no time."""

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Parameters of exponential smoothing of one target; see `rnnctl.scoring.smoothing`.

    Attributes:
        season: Rows of the season; 1 of none.
        alpha: How far the level follows an error, from 0 to 1.
        beta: Likewise the trend.
        gamma: Likewise the season.
        phi: What is left of the trend after a row: 1 of one that stays, 0 where there is none.
    """

    season: int
    alpha: float
    beta: float
    gamma: float
    phi: float

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        """Those that are no season."""
        return self.alpha, self.beta, self.gamma, self.phi

    @property
    def reach(self) -> int:
        """Rows up to that of a forecast from which on it is nearly what all earlier ones make it."""
        return 10 * max(self.season, 10)


@dataclass(frozen=True, slots=True)
class Combination:
    """What a forecast is made of: (1 − weight) · network + weight · simple forecast, in the data's own units.

    Attributes:
        weight: Of the simple forecast, the naive one or exponential smoothing; 0 of a network alone.
        season: Rows of the season that the naive forecast repeats; None where it repeats the last value.
        chosen: Whether the weight was chosen on the validation rows, and not given.
        metric: By what, and ``errors``: its value by the weight, ``"0"`` to ``"1"``, on the rows that decided.
        naive_errors: The same of the naive forecasts, by the rows of their season, ``"1"`` of the last value; and of
            exponential smoothing, ``"smoothing"``.
        smoothing: Of each target, where exponential smoothing is the simple forecast; else empty.
    """

    weight: float = 0.0
    season: int | None = None
    chosen: bool = False
    metric: str = ""
    errors: Metrics = field(default_factory=dict)
    naive_errors: Metrics = field(default_factory=dict)
    smoothing: tuple[Smoothing, ...] = ()

    @property
    def simple(self) -> str:
        """Word of the simple forecast among ``rnnctl.scoring.measures.BASELINES``."""
        if self.smoothing:
            return "smoothing"
        return "seasonal_naive" if self.season else "naive"


NETWORK = Combination()
"""The network alone."""


@dataclass(frozen=True, slots=True)
class QuantileScore:
    """How good the predicted quantiles of one level are, of a target over all rows ahead.

    Attributes:
        who: ``model``, or the baseline whose forecasts and errors in the training rows they are made of.
        values: How many are scored.
        pinball: The mean pinball loss, in the target's own units; None where it is no finite number.
        below: The share of what came true that is at or below the quantile; of true quantiles the level.
    """

    who: str
    target: str
    level: float
    values: int
    pinball: float | None
    below: float


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """How good the predictions of a part of a split are.

    Attributes:
        series: The series; None of all.
        target: The target; None of all.
        ahead: Rows ahead; None of all.
        values: Predicted values that are scored.
        metrics: As `Scores.metrics`, pooled over these values.
        baselines: As `Scores.baselines`.
    """

    series: str | None
    target: str | None
    ahead: int | None
    values: int
    metrics: Metrics
    baselines: Mapping[str, Metrics]


@dataclass(frozen=True, slots=True)
class IntervalScore:
    """How good the intervals of a level are, around the forecasts of a target.

    Attributes:
        who: ``model``, or the baseline whose forecasts they are around.
        ahead: Rows ahead; None of all.
        level: The share of cases that they are to hold, in percent.
        values: How many are scored.
        coverage: The share of these that they hold, from 0 to 1.
        width: How wide they are on average, in the target's own units; None where that is no finite number.
        pinball: The mean pinball loss of both ends, as quantiles of half of what is left outside each.
        crps: The mean continuous ranked probability score of the distribution that intervals of all levels are of.
    """

    who: str
    target: str
    ahead: int | None
    level: float
    values: int
    coverage: float
    width: float | None
    pinball: float | None
    crps: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How good predictions are.

    Attributes:
        metrics: By name: ``mae``, ``rmse``, ``mase``, ``r2`` of numbers in the data's own units, and ``crps`` where
            quantiles are predicted; ``accuracy``,
            ``macro_f1``, ``crossentropy`` (in nats) of classes, of tokens to come also ``perplexity``, ``bits`` and
            ``exact``, the share of sequences whose every step is right. All are pooled over entries, rows ahead and
            series. Of several targets of a table ``mae`` and ``rmse`` are left out, since these may be in different
            units; ``mase`` is pooled over the targets, ``r2`` the mean of theirs.
        baselines: The same of each baseline, by its name (`rnnctl.scoring.baselines`).
        entries: Sequences, or time steps of sequences, that are scored.
        scored: By baseline, how many of these it says something of.
        season: Rows of a season, for ``seasonal_naive``; None where none was found or asked for.
        over: What the metrics are taken over, in words.
        unknown: Entries whose truth is a token that is not in the vocabulary; no answer to them is right.
        not_finite: Entries to which the model's answer is no finite number; such an error counts as infinite.
        combination: What the forecasts that are scored are made of.
        by_target: The same by target; empty where not asked for.
        by_step: By target and rows ahead, where several rows are predicted.
        by_series: By series, where there are several; of several targets each series as a whole, then by target.
        quantiles: By target, the model and each baseline, and level, where the model predicts quantiles.
        between: Of the intervals between these quantiles, by target, then by rows ahead.
        intervals: Of calibrated intervals, likewise; empty where none are asked for.
    """

    metrics: Metrics
    baselines: Mapping[str, Metrics]
    entries: int
    scored: Mapping[str, int] = field(default_factory=dict)
    season: int | None = None
    over: str = ""
    unknown: int = 0
    not_finite: int = 0
    combination: Combination = NETWORK
    by_target: tuple[Part, ...] = ()
    by_step: tuple[Part, ...] = ()
    by_series: tuple[Part, ...] = ()
    quantiles: tuple[QuantileScore, ...] = ()
    between: tuple[IntervalScore, ...] = ()
    intervals: tuple[IntervalScore, ...] = ()

    def flat(self) -> dict[str, float]:
        """All in one, as a run's summary has them: ``test_mae``, …, ``naive_mae``, …."""
        named = {"test": self.metrics, **self.baselines}
        return {f"{who}_{name}": value for who, metrics in named.items() for name, value in metrics.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """The forecasts of one stretch.

    Attributes:
        first: The earliest of the last rows seen.
        forecasts: How many forecasts are made in the stretch.
    """

    first: Place
    last: Place
    forecasts: int
    scores: Scores


@dataclass(frozen=True, slots=True)
class Band:
    """The intervals of a level around what is forecast.

    Attributes:
        level: In percent.
        low: Their lower ends, one for each value that is forecast; None where there is none.
        high: Their upper ends.
        predicted: Whether the ends are quantiles that the model predicts, and not calibrated on validation rows.
    """

    level: float
    low: Values = field(repr=False)
    high: Values = field(repr=False)
    predicted: bool = False


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """One output of one series over the test split.

    Attributes:
        truth: What is true; None where it is missing.
        forecast: What the model says, as many values.
        at: Where each value stands; None where that is not known.
        standing: ``worst``, ``median`` or ``best`` of the series, by their scores over those of their best baseline.
        bands: Intervals around the forecasts, where asked for.
    """

    output: str
    truth: Values = field(repr=False)
    forecast: Values = field(repr=False)
    series: str | None = None
    at: tuple[str | int | float, ...] | None = field(default=None, repr=False)
    naive: Values | None = field(default=None, repr=False)
    standing: str | None = None
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class ForecastPaths:
    """One target of one series over the test split, and forecasts of several rows from some of its rows.

    Attributes:
        truth: What is true; None where it is missing.
        paths: Of each forecast the position in ``truth`` of its first value, and its values.
        at: Where each value of ``truth`` stands; None where that is not known.
        standing: ``worst``, ``median`` or ``best`` of the series, by their scores over those of their best baseline.
        bands: Intervals around the values of all paths, one path after the other, where asked for.
    """

    output: str
    truth: Values = field(repr=False)
    paths: tuple[tuple[int, Values], ...] = field(repr=False)
    series: str | None = None
    at: tuple[str | int | float, ...] | None = field(default=None, repr=False)
    standing: str | None = None
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each class was taken for which.

    Attributes:
        counts: ``counts[truth][predicted]``, as many rows and columns as classes.
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


TestResults = tuple[ForecastLine | ForecastPaths, ...] | Confusion


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A run's model on one split.

    Attributes:
        step: Step of the checkpoint that its weights are from; None for its final weights.
        task: What is predicted, as ``data.task``.
        target_kind: ``number``, ``boolean`` or ``category``.
        data: Another file that was evaluated on; None for the run's own.
        horizon: Rows ahead that are forecast; 0 where none are.
        first: Where the first entry stands; None where sequences have no place.
        unbeaten: By metric, the baselines that the model is not better than.
        folds: The scores stretch by stretch, where asked for.
        row: What the time from row to row is called (``day``, ``year``); empty where that is not known.
        diverged: Why no weights of the run are worth scoring; empty where they are.
        engine: What computed the model's predictions: ``NumPy``, ``TensorFlow``, or both.
        spread: By target, the standard deviation of several nets' predictions, the mean over all that are scored;
            empty of one net, and where no numbers are predicted.
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
    unbeaten: Mapping[str, tuple[str, ...]]
    folds: tuple[Fold, ...] = ()
    notes: tuple[str, ...] = ()
    row: str = ""
    diverged: str = ""
    engine: str = ""
    spread: Mapping[str, float] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        """The evaluation as notebooks show it."""
        from rnnctl.report.notebook import evaluation_html

        return evaluation_html(self)
