"""Why a run did not learn, from its record, at its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rnnctl.results.diagnosis import Cause
from rnnctl.results.training import DIVERGED, NOT_BETTER, Summary
from rnnctl.training.build import Built

FEW = 0.1
"""Share of the steps before which early stopping is early indeed."""
SLOW, FAST = 2e-5, 0.1
"""Ratios of an update to the weights beyond which training hardly moves, or jumps; 1e-3 is usual (CS231n notes)."""


def recorded_causes(built: Built, folder: Path, summary: Summary, *, always: bool = False) -> tuple[Cause, ...]:
    """Causes of a run that did not beat the baseline, stopped in its first tenth, or moved far too little or much.

    Only what is recorded and the data are looked at: no gradient is computed.

    Args:
        built: The run's config, data and model, at the weights that it kept.
        folder: Its folder.
        always: Whether any other run that came to its end is looked at, too.

    Returns:
        The likeliest first; empty where the run is not looked at.
    """
    from rnnctl.diagnosis.courses import Course, skill_at
    from rnnctl.diagnosis.evidence import without_gradients
    from rnnctl.diagnosis.judge import judge
    from rnnctl.runs.run_record import read_run_record

    if summary.stopped not in ("finished", "early stopping", "non-finite") or not summary.steps:
        return ()
    course = Course.of_run(built.schedule.total_steps, read_run_record(folder))
    ratio = course.update_ratio()
    early = summary.stopped == "early stopping" and summary.steps < FEW * built.schedule.total_steps
    moves = ratio is None or SLOW < ratio < FAST
    failed = summary.worth.startswith((NOT_BETTER, DIVERGED)) or summary.stopped == "non-finite"
    if not (always or failed or early or not moves):
        return ()
    if summary.stopped != "non-finite":
        skill, words = skill_at(built, "validation")
        course = replace(course, skill=skill, metric=words, training_skill=skill_at(built, "train")[0])
    return judge(without_gradients(built, course))
