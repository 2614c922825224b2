"""``inspect-gradients --try``: what was advised, and the other cells, trained side by side on the same batches.

What looks best is trained from another seed too, and so is the network as it is: a change is recommended where it is
better with both, and on average by more than the seeds differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from rnnctl.cells import CELLS
from rnnctl.config import Config
from rnnctl.config.overrides import with_changes
from rnnctl.diagnosis.courses import skill_at
from rnnctl.diagnosis.evidence import one_net
from rnnctl.diagnosis.naive_loss import naive_loss
from rnnctl.diagnosis.naming import label
from rnnctl.errors import RnnctlError
from rnnctl.results import Trial, Verdict
from rnnctl.training.build import build
from rnnctl.util.format import counted, short
from rnnctl.workflows.examine import examine

STEPS = 400
"""Steps of each trial, unless the first takes longer than ``SECONDS`` for them."""

SECONDS = 8.0
"""Most seconds of the first trial whose loss stays finite, the unchanged network as a rule; the others then take as
many steps as it did."""

PROVED = 2
"""Most changes that are trained from another seed, the best first, until one of them is recommended."""

MOST = 5
"""Most advised changes that are tried, the other cells besides. Each trial compiles a training step."""

LEAST_GAIN = 0.01
"""Least relative improvement of the loss for a recommendation."""

_NOT_COMPARABLE = ("data.", "training.batch_size", "training.class_weights")
"""Changes after which the loss is of other data or weighed otherwise, or a step of other batches: validation rows alone
compare them."""


@dataclass(frozen=True, eq=False)
class _Run:
    """A trial and its losses."""

    trial: Trial
    losses: tuple[float, ...]


def run_trials(
    config: Config, verdicts: Sequence[Verdict], steps: int = STEPS, tell: Callable[[str], None] | None = None
) -> tuple[tuple[Trial, ...], str, Verdict | None]:
    """Trains the network as it is, with each change that was advised, and with the other cells.

    All start from the config's seed and see the same batches in the same order.

    Args:
        config: The config examined.
        verdicts: What was found, with its advice.
        steps: Steps of each trial, at most.
        tell: Is told each trial before it begins.

    Returns:
        The trials, the network as it is first; one sentence that recommends the best of them, or none; and where the
        network as it is does not stay finite, the verdict on that, with advice that is tried too.
    """
    config = one_net(config)
    candidates, blown = [{}, *_candidates(config, verdicts)], None
    runs, refused = list[_Run](), list[str]()
    for number, changes in enumerate(candidates, start=1):
        name = label(changes, config)
        if tell is not None:
            tell(f"trial {number} of {len(candidates)}: {name}")
        try:
            limited = all(math.isnan(run.trial.final_loss) for run in runs)
            runs.append(_run(name, with_changes(config, changes), changes, min(steps, STEPS), limited=limited))
        except (RnnctlError, ValidationError) as error:
            if not runs:
                raise
            refused.append(f"{name} ({str(error).splitlines()[0]})")
            continue
        if number == 1 and math.isnan(runs[0].trial.final_loss):
            from rnnctl.gradients.verdicts.advice import smaller_steps

            headline = f"training as it is becomes NaN or infinite within {counted(len(runs[0].losses), 'step')}"
            blown = Verdict("non-finite", "network", headline, advice=tuple(smaller_steps(config)))
            verdicts = [blown, *verdicts]
            candidates[1:] = _candidates(config, verdicts)
        if not math.isnan(runs[-1].trial.final_loss):  # one that is not finite was cut short by that
            steps = len(runs[-1].losses)
    first, naive = runs[0], naive_loss(config)
    helpful = [run for run in runs[1:] if _helps(run, first, naive)]
    helpful.sort(key=lambda run: (-(run.trial.skill or 0.0), run.trial.final_loss))
    best, seeds = None, ""
    if helpful:
        unchanged = first, _again(first, config, steps, tell)
        for run in helpful[:PROVED]:
            pair = run, _again(run, config, steps, tell)
            seeds = seeds or _seeds_in_words(pair, unchanged)
            if _helps(pair[1], unchanged[1], naive) and _by_more_than_seeds(pair, unchanged):
                best, seeds = run, _seeds_in_words(pair, unchanged)
                break
    trials = tuple(replace(run.trial, best=run is best) for run in runs)
    if helpful and best is None:
        sentence = f"none of these helps by more than seeds differ after {counted(steps, 'step')}: {seeds}"
    else:
        sentence = _recommendation(trials, steps, naive) + (f"; over two seeds: {seeds}" if seeds else "")
    if left := [*(f"{label(changes, config)} ({why})" for changes, why in _untried(config, verdicts)), *refused]:
        sentence += f"; not tried: {', '.join(left)}"
    return trials, sentence, blown


def _candidates(config: Config, verdicts: Sequence[Verdict]) -> Iterator[Mapping[str, Any]]:
    """Every change worth trying, each once: what was advised, then the other cells in all layers."""
    untried = [changes for changes, _ in _untried(config, verdicts)]
    seen = [changes for changes in _advised(verdicts) if changes not in untried]
    yield from seen
    yield from (changes for changes in _other_cells(config) if changes not in seen)


def _advised(verdicts: Sequence[Verdict]) -> list[Mapping[str, Any]]:
    """The changes that were advised, each once."""
    every = [advice.changes for verdict in verdicts for advice in verdict.advice]
    return [changes for place, changes in enumerate(every) if changes not in every[:place]]


def _untried(config: Config, verdicts: Sequence[Verdict]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The advised changes that are not tried, with the reason."""
    places, others = MOST, list(_other_cells(config))
    for changes in _advised(verdicts):
        if not config.data.split.validation and not _comparable(changes):
            yield changes, "its loss cannot be compared, and no rows are held out; see rnnctl diagnose --try"
        elif changes in others:
            continue
        elif places:
            places -= 1
        else:
            yield changes, f"only {MOST} are; see rnnctl diagnose --try"


def _comparable(changes: Mapping[str, Any]) -> bool:
    """Whether the losses after some changes can be set beside those without."""
    return not any(path.startswith(_NOT_COMPARABLE) for path in changes)


def _other_cells(config: Config) -> Iterator[Mapping[str, Any]]:
    """All layers with each cell that not all of them have; keys that only the old cell knows are left out."""
    from rnnctl.gradients.verdicts.advice import cell_change

    for cell in CELLS:
        if any(layer.cell != cell for layer in config.model.layers):
            changes: dict[str, Any] = {}
            for place, layer in enumerate(config.model.layers):
                changes |= {} if layer.cell == cell else cell_change(layer, place, cell)
            yield changes


def _run(name: str, config: Config, changes: Mapping[str, Any], steps: int, *, limited: bool = False) -> _Run:
    """Examines a network at its initial weights and trains it for some steps; then its reach is measured again.

    Args:
        limited: Whether it takes fewer steps where these take longer than ``SECONDS``.
    """
    built = build(config)
    from rnnctl.gradients.verdicts.subject import reach, shortest

    layer = shortest(examine(built, self_check=False, needed=False).layers)
    from rnnctl.results.training import StepRecord
    from rnnctl.training.setup import make_loop

    loop = make_loop(built)
    loop.validate, loop.until = None, min(steps, built.schedule.total_steps)
    if limited:
        loop.stop = lambda: loop.waited + loop.worked > SECONDS
    losses = tuple(record.loss for record in loop if isinstance(record, StepRecord))
    finite = loop.stopped != "non-finite"
    skill, held_out = skill_at(built, "validation") if finite else (None, "")
    trial = Trial(
        label=name,
        changes=dict(changes),
        decay_per_step=layer.decay_per_step,
        reach_steps=reach(layer),
        first_loss=losses[0],
        final_loss=float(np.mean(losses[-_tail(len(losses)) :])) if finite else math.nan,
        milliseconds_per_step=1000 * (loop.calls.median or 0.0),
        reach_after=reach(shortest(examine(built, self_check=False, needed=False).layers)) if finite else None,
        skill=skill,
        held_out=held_out,
    )
    return _Run(trial, losses)


def _again(run: _Run, config: Config, steps: int, tell: Callable[[str], None] | None) -> _Run:
    """A trial from other initial weights, in another order of the sequences."""
    name, changes = run.trial.label, run.trial.changes
    if tell is not None:
        tell(f"another seed: {name}")
    return _run(name, with_changes(config, changes).member(2), changes, steps)


def _worth(run: _Run) -> float:
    """The skill, or where there is none the loss turned round: more is better."""
    return -run.trial.final_loss if run.trial.skill is None else run.trial.skill


def _by_more_than_seeds(pair: Sequence[_Run], unchanged: Sequence[_Run]) -> bool:
    """Whether a change gains more, on average, than its seeds and those of the network as it is differ."""
    if any(math.isnan(run.trial.final_loss) for run in unchanged):
        return True
    ours, theirs = ([_worth(run) for run in runs] for runs in (pair, unchanged))
    return float(np.mean(ours) - np.mean(theirs)) > math.hypot(np.std(ours, ddof=1), np.std(theirs, ddof=1))


def _seeds_in_words(pair: Sequence[_Run], unchanged: Sequence[_Run]) -> str:
    """Skills, or losses, of both seeds: ``cell: gru skill 0.90 and 0.88, as it is 0.01 and 0.03``."""
    loss = pair[0].trial.skill is None

    def both(runs: Sequence[_Run]) -> str:
        ended = (math.isfinite(run.trial.final_loss) for run in runs)
        known = (short(run.trial.final_loss if loss else run.trial.skill, 4 if loss else 2) for run in runs)
        return " and ".join(text if finite else "not finite" for text, finite in zip(known, ended, strict=True))

    return f"{pair[0].trial.label} {'loss' if loss else 'skill'} {both(pair)}, as it is {both(unchanged)}"


def _tail(steps: int) -> int:
    """The last steps that a final loss is the mean of: a tenth of all, at least five where there are as many."""
    return min(steps, max(5, steps // 10))


def _helps(run: _Run, first: _Run, naive: float | None) -> bool:
    """Whether a change is better than none: by the loss where that can be compared, and on validation rows."""
    if math.isnan(run.trial.final_loss):
        return False
    compared = _comparable(run.trial.changes)
    if not compared:
        return run.trial.skill is not None and _ahead(run.trial, first.trial)
    return _better(run, first) and _learns(run, naive) and _ahead(run.trial, first.trial)


def _ahead(trial: Trial, first: Trial) -> bool:
    """Whether a trial is better on validation rows than the best baseline and than none; True where there are none."""
    return trial.skill is None or trial.skill > max(0.0, first.skill or 0.0) + LEAST_GAIN


def _better(run: _Run, first: _Run) -> bool:
    """Whether a trial's loss is lower by more than chance and by enough to matter, batch by batch over its tail."""
    if math.isnan(first.trial.final_loss):
        return True
    tail = _tail(len(run.losses))
    gains = np.asarray(first.losses[-tail:]) - np.asarray(run.losses[-tail:])
    chance = 2.0 * float(gains.std()) / math.sqrt(tail)
    return float(gains.mean()) > max(chance, LEAST_GAIN * abs(first.trial.final_loss))


def _learns(run: _Run, naive: float | None) -> bool:
    """Whether a trial improved on its own start, and on the naive answer where that is known."""
    tail = _tail(len(run.losses))
    start = float(np.mean(run.losses[:tail])) if len(run.losses) > 2 * tail else run.trial.first_loss
    limits = [start] if naive is None else [start, naive]
    return all(run.trial.final_loss < (1.0 - LEAST_GAIN) * limit for limit in limits)


def _recommendation(trials: Sequence[Trial], steps: int, naive: float | None) -> str:
    after = f"after {counted(steps, 'step')}"
    first, others = trials[0], trials[1:]
    if not others:
        return "there is nothing to try"
    for trial in others:
        if trial.best:
            was = "not finite" if math.isnan(first.final_loss) else short(first.final_loss)
            held = f"validation {trial.held_out}; as it is {first.held_out or was}" if trial.held_out else ""
            if not _comparable(trial.changes):
                return f"{trial.label}: {after} {held}"
            text = f"{trial.label}: {after} the loss is {short(trial.final_loss)}, as it is {was}"
            return text + (f"; {held}" if held else "")
    finite = [trial for trial in others if math.isfinite(trial.final_loss)]
    if not finite:
        return f"none of these helps: {after} no loss is finite"
    finite = [trial for trial in finite if _comparable(trial.changes)]
    if not finite:
        return f"none of these helps {after}, on validation rows"
    text = f"none of these lowers the loss {after}"
    lowest = min(finite, key=lambda trial: trial.final_loss)
    if lowest.final_loss < (1.0 - LEAST_GAIN) * first.final_loss and not _ahead(lowest, first):
        text = (
            f"none of these helps {after}: the lowest loss is {short(lowest.final_loss)} ({lowest.label}), as it is "
            f"{short(first.final_loss)}, but on validation rows {lowest.held_out}; as it is {first.held_out}"
        )
    elif lowest.final_loss < first.final_loss:
        lowered = f"the lowest loss is {short(lowest.final_loss)} ({lowest.label})"
        text += f" by more than chance: {lowered}, as it is {short(first.final_loss)}"
        if naive is not None and lowest.final_loss > (1.0 - LEAST_GAIN) * naive:
            text = (
                f"none of these learns anything {after}: {lowered}, and always giving one and the same answer has "
                f"{short(naive)}"
            )
    furthest = max(finite, key=lambda trial: trial.reach_steps)
    if furthest.reach_steps > first.reach_steps:
        text += f"; {furthest.label} brings the gradient furthest back, {furthest.reach_steps} time steps"
    return text
