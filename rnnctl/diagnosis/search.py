"""What helps, found by trying: each advised change with a learning rate of its own, then the best ones together.

Everything is judged by the skill on validation rows. A change is recommended where two nets of other seeds are better
with it, on average, by more than the seeds differ, and better than the baseline. Of changes that are about as good, the
likeliest cause's is. Where a fault makes the score as it is mean something else, such as a leak, all is tried without
this fault.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from rnnctl.config import Config
from rnnctl.config.overrides import with_changes
from rnnctl.diagnosis.causes import CAUSES
from rnnctl.diagnosis.courses import Course, Trainer, peak_rate, steps_in
from rnnctl.diagnosis.evidence import FEWEST, Evidence, prepared, tests_of_rates
from rnnctl.diagnosis.reference import holds_out, reference_changes
from rnnctl.errors import RnnctlError
from rnnctl.optimizers import Schedule
from rnnctl.results.diagnosis import Cause, CourseFacts, RateTest
from rnnctl.util.format import counted

Changes = Mapping[str, Any]

TRIAL_SECONDS = 8.0
"""Seconds of steps that a trial takes at most; see `steps_in`."""
LEAST_GAIN = 0.03
"""Skill that a recommended change must add at least."""
AS_GOOD = 0.04
"""Share of the skill gained, from the baseline's on, that a plainer change may miss to be as good as the best."""
SURE = 0.8
"""How sure a cause must be for which the score as it is is left aside."""
LEAST_SKILL = 0.02
"""Skill that it must reach at least, and above what chance explains: above the baseline."""
FAR = 0.7
"""Powers of ten by which a learning rate must differ to be worth a trial of its own."""
SEEDS = 2


@dataclass(frozen=True, eq=False)
class Trial:
    """A change that was trained.

    Attributes:
        changes: By dotted path; empty of the config as it is.
        courses: One for each seed.
    """

    changes: Changes
    courses: tuple[Course, ...]

    @property
    def skills(self) -> list[float]:
        """By seed; −1 where training did not stay finite."""
        return [-1.0 if course.skill is None else course.skill for course in self.courses]

    @property
    def skill(self) -> float:
        """Their mean."""
        return float(np.mean(self.skills))

    @property
    def spread(self) -> float:
        """Their deviation; 0 of one."""
        return float(np.std(self.skills, ddof=1)) if len(self.skills) > 1 else 0.0

    def facts(self, *, best: bool) -> CourseFacts:
        """As results have it."""
        first = self.courses[0].facts(best=best)
        spread = self.spread if len(self.courses) > 1 else None
        others = tuple(tuple(map(float, course.losses)) for course in self.courses[1:])
        first = replace(first, changes=dict(self.changes), skill=self.skill, spread=spread)
        return replace(first, seeds=len(self.courses), other_losses=others)


class Search:
    """Tries changes of a config until the time is up.

    Args:
        evidence: Of the config.
        causes: What is suspected, the likeliest first.
        minutes: When to begin no further trial.
        tell: Called with a line before each trial.
    """

    def __init__(
        self, evidence: Evidence, causes: Sequence[Cause], minutes: float, tell: Callable[[str], None] | None = None
    ) -> None:
        self.evidence, self.causes = evidence, causes
        self.config, self.dataset = evidence.config, holds_out(evidence.dataset)[0]
        misleading = (one for one in causes if CAUSES[one.word].misleads and one.sure >= SURE and one.advice)
        self._base: Changes = {path: value for one in misleading for path, value in one.advice[0].changes.items()}
        self._tell = tell or (lambda _: None)
        self._ends = time.monotonic() + 60.0 * minutes
        self.trials: list[Trial] = []
        self._untried = 0
        self._trainers: dict[str, Trainer] = {}

    def run(self) -> tuple[tuple[CourseFacts, ...], str, Changes]:
        """Tries what there is time for.

        Returns:
            What was tried, the best of it marked; a sentence of what to do; and the recommended changes, empty where
            nothing helps.
        """
        first = self._trial({}, 1 if self._base else SEEDS)
        if self._base:
            first = self._trial(self._base, SEEDS) or first
        if first is None:
            return (), "the config as it is cannot be trained", {}
        candidates = self._candidates()
        while candidates and self._time_left:
            for changes in self._at_rates(candidates.pop(0)):
                trial = self._trial(changes, 1)
                # The test of rates is shorter than training, which can lose later what it had.
                slower = self._slower(changes) if trial is not None and trial.courses[0].rises else None
                if slower is not None and self._time_left:
                    self._trial(slower, 1)
        self._untried = len(candidates)
        self._combine(first)
        # What another seed makes worse gives way to the next best, which is trained from another seed, too.
        while (best := self._best(first)) is not None and len(best.courses) < SEEDS and self._again(best):
            pass
        return self._outcome(first)

    def _after(self, first: Trial) -> list[Trial]:
        """The trials that are compared with the first."""
        return self.trials[self.trials.index(first) + 1 :]

    def _best(self, first: Trial) -> Trial | None:
        """The first of the trials that are as good as the best: the likeliest cause's, and the plainest, are first."""
        others = self._after(first)
        most = max((one.skill for one in others), default=0.0)
        missed = max(LEAST_GAIN / 2, AS_GOOD * (most - max(first.skill, 0.0)))
        return next((one for one in others if one.skill >= most - missed), None)

    @property
    def _time_left(self) -> bool:
        return time.monotonic() < self._ends

    def _candidates(self) -> list[Changes]:
        """Every change that is advised, the likeliest cause's first; a network with usual settings after two causes."""
        found: list[Changes] = []
        rates = self.evidence.rates
        surest = [cause.advice[0].changes for cause in self.causes if cause.sure >= SURE and cause.advice]
        usual = joined(usual_settings(self.config), *surest)
        for place, cause in enumerate(self.causes):
            found += [advice.changes for advice in cause.advice]
            if place == 1:
                found += [joined(*(changes for changes in surest if not sets_rate(changes))), usual]
        if rates is not None and _is_far(rates, FAR):
            found.append({rate_path(self.config): float(f"{rates.best:.1g}")})
        found = [{**self._base, **changes} for changes in (*found, usual) if changes]
        return [changes for place, changes in enumerate(found) if changes not in found[:place]]

    def _at_rates(self, changes: Changes) -> list[Changes]:
        """The changes with the learning rates to try: the best of a test of their own where the config is far from it.

        A larger one is tried beside the config's: what is good for the few steps of the test may be too much for more.
        """
        if sets_rate(changes) or not self._time_left:
            return [changes]
        try:
            rates = tests_of_rates(self._trainer(changes))
        except (RnnctlError, ValidationError):
            return [changes]
        losses = dict(zip(rates.rates, rates.losses, strict=True))
        own, best = losses[rates.configured], losses[rates.best]
        if best is not None and (own is None or best < 0.8 * own) and _is_far(rates, 0.4):
            tested = {**changes, rate_path(self.config): float(f"{rates.best:.1g}")}
            return [changes, tested] if rates.best > rates.configured else [tested]
        return [changes]

    def _slower(self, changes: Changes) -> Changes | None:
        """The changes at a tenth of their learning rate; None where they set a whole schedule or optimizer."""
        path = rate_path(self.config)
        if path not in changes and sets_rate(changes):
            return None
        return {**changes, path: float(f"{changes.get(path, peak_rate(self.config)) / 10:.1g}")}

    def _trainer(self, changes: Changes) -> Trainer:
        """The trainer of a changed config; one compiled program serves all its rates and seeds."""
        key = json.dumps(changes, sort_keys=True)
        if key not in self._trainers:
            loaded = None if any(path.startswith(("data", "loss")) for path in changes) else self.dataset
            self._trainers[key] = Trainer(prepared(with_changes(self.config, changes), loaded)[0])
        return self._trainers[key]

    def _trial(self, changes: Changes, seeds: int) -> Trial | None:
        if any(trial.changes == changes for trial in self.trials):
            return None
        courses = [course for seed in range(1, seeds + 1) if (course := self._course(changes, seed)) is not None]
        if not courses:
            return None
        self.trials.append(Trial(changes, tuple(courses)))
        return self.trials[-1]

    def _again(self, trial: Trial) -> bool:
        """Trains a trial with a further seed; whether that could be done."""
        course = self._course(trial.changes, len(trial.courses) + 1)
        if course is not None:
            self.trials[self.trials.index(trial)] = Trial(trial.changes, (*trial.courses, course))
        return course is not None

    def _course(self, changes: Changes, seed: int) -> Course | None:
        name = words_of(changes, self.config)
        self._tell(f"trying {name}" + (f", seed {seed}" if seed > 1 else ""))
        path = rate_path(self.config)
        plain = not isinstance(self.config.optimizer.learning_rate, Schedule)
        rate = changes.get(path) if plain and "optimizer" not in changes else None
        try:
            trainer = self._trainer({key: value for key, value in changes.items() if rate is None or key != path})
            most = steps_in(trainer.config, trainer.built, TRIAL_SECONDS)
            steps = min(trainer.built.schedule.total_steps, max(FEWEST, most))
            known = self.evidence.course
            if not changes and seed == 1 and known.skill is not None and known.steps == steps:
                return known
            course = trainer.train(name, steps, rate=rate, member=seed)
        except (RnnctlError, ValidationError):
            return None  # a change that does not fit this data or machine cannot be tried
        return replace(course, changes=dict(changes))

    def _combine(self, first: Trial) -> None:
        """Puts the best changes together, one after another, while that is better than without."""
        ranked = sorted((one for one in self._after(first) if one.skill > first.skill), key=lambda one: -one.skill)
        if len(ranked) < 2:
            return
        best = ranked[0]
        for other in ranked[1:4]:
            added = {path: value for path, value in other.changes.items() if path not in self._base}
            if overlap(best.changes, added) or not self._time_left:
                continue
            both = self._trial({**added, **best.changes}, 1)
            if both is not None and both.skill > best.skill + LEAST_GAIN / 2:
                best = both

    @property
    def _left(self) -> str:
        """What there was no time for."""
        return f"; there was no time for {self._untried} more (--minutes)" if self._untried else ""

    def _above_baseline(self, trial: Trial) -> bool:
        return trial.skill > max(LEAST_SKILL, self.evidence.chance)

    def _outcome(self, first: Trial) -> tuple[tuple[CourseFacts, ...], str, Changes]:
        best = self._best(first)
        if best is None or len(best.courses) < SEEDS or best.skill <= first.skill + margin(first, best):
            best = first
        helps = bool(best.changes) and self._above_baseline(best)
        facts = tuple(one.facts(best=helps and one is best) for one in self.trials)
        if helps:
            name, as_it_is = words_of(best.changes, self.config), self.trials[0].skill
            said = f"{name}: a skill of {best.skill:.2f} on rows not trained on, as it is {as_it_is:.2f}"
            return facts, said + (", which is not to be compared" if self._base else "") + self._left, best.changes
        tried, steps = counted(len(self._after(first)), "change"), counted(first.courses[0].steps, "step")
        if self._above_baseline(first):
            said = f"none of {tried} is better after {steps} by more than seeds differ: leave it as it is"
        else:
            said = f"none of {tried} is better than the baseline: this data holds nothing that they find"
        return facts, said + self._left, {}


def margin(first: Trial, best: Trial) -> float:
    """How much better a trial must be: more than the seeds of both differ."""
    return max(LEAST_GAIN, math.hypot(first.spread, best.spread))


def _is_far(rates: RateTest, powers: float) -> bool:
    """Whether the config's rate is so many powers of ten from the best."""
    return abs(math.log10(rates.best / rates.configured)) > powers


def overlap(one: Changes, other: Changes) -> bool:
    """Whether a key of one is a key of the other, or within one."""
    return any(
        mine == path or mine.startswith(f"{path}.") or path.startswith(f"{mine}.") for mine in one for path in other
    )


def joined(*changes: Changes) -> dict[str, Any]:
    """All of them, but for those that change what earlier ones do."""
    found: dict[str, Any] = {}
    for one in changes:
        if not overlap(found, one):
            found |= one
    return found


def sets_rate(changes: Changes) -> bool:
    """Whether they set the learning rate."""
    return overlap(changes, {"optimizer.learning_rate": None})


def rate_path(config: Config) -> str:
    """The config's key of the learning rate."""
    return "optimizer.learning_rate" + (
        ".initial_learning_rate" if isinstance(config.optimizer.learning_rate, Schedule) else ""
    )


def usual_settings(config: Config) -> dict[str, Any]:
    """The reference as changes that a config keeps: it trains as long as the config, a few hundred steps at least."""
    changes = {path: value for path, value in reference_changes(config).items() if not path.startswith("gradients")}
    if config.training.truncate is None:
        del changes["training.truncate"]
    steps = config.training.steps
    if steps is not None and steps < 400:
        changes["training.steps"] = 400
    elif steps is None and (config.training.epochs or 10) < 30:
        changes["training.epochs"] = 30
    if config.training.batch_size > 64 or config.training.batch_size < 4:
        changes["training.batch_size"] = 32
    return changes


def words_of(changes: Changes, config: Config) -> str:
    """Changes as text, as ``inspect-gradients`` has them."""
    from rnnctl.diagnosis.naming import label

    return label(changes, config)
