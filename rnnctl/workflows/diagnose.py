"""``rnnctl diagnose`` as a function: of a config, or of a run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rnnctl.config import Config, load_config
from rnnctl.diagnosis.evidence import Evidence
from rnnctl.errors import RunError
from rnnctl.results.diagnosis import Cause, Diagnosis, ProbeFacts
from rnnctl.training.build import build
from rnnctl.util.format import command, counted


def diagnose(
    subject: Config | str | os.PathLike[str] | None,
    overrides: Sequence[str] = (),
    *,
    minutes: float | None = None,
    tell: Callable[[str], None] | None = None,
) -> Diagnosis:
    """Finds out why a network does not learn.

    A config is trained for some steps, beside a network with usual settings, and shortly at other learning rates; a
    run's record is read, and nothing is trained.

    Args:
        subject: A config, the path of one, a run, or a run's folder; None for the built-in first example.
        overrides: ``key=value`` texts that are applied on top of the config.
        minutes: How long changes are tried, on rows that are held out; None tries none.
        tell: Called with a line before each part.

    Raises:
        RunError: The folder is no run, or cannot be read.
        DataError: The data cannot be used.
        ConfigError: The config or an override is wrong, or model and data do not fit together.
    """
    from rnnctl.diagnosis.judge import judge

    began = time.perf_counter()
    if isinstance(subject, Config):
        evidence = gather(subject, tell)
    elif subject is not None and Path(subject).is_dir():
        evidence = gather_run(Path(subject), overrides)
    else:
        evidence = gather(load_config(None if subject is None else os.fspath(subject), overrides), tell)
    causes = judge(evidence)
    found = described(evidence, causes)
    if minutes is not None:
        from rnnctl.diagnosis.search import Search

        tried, recommendation, changes = Search(evidence, causes, minutes, tell).run()
        found = replace(found, tried=tried, recommendation=recommendation, changes=changes)
    return replace(found, seconds=time.perf_counter() - began)


def gather(config: Config, tell: Callable[[str], None] | None = None) -> Evidence:
    """Looks at data and gradients of a config, and trains it for some steps."""
    from rnnctl.diagnosis.courses import Trainer, steps_in
    from rnnctl.diagnosis.evidence import (
        COURSE_SECONDS,
        FEWEST,
        one_net,
        prepared,
        tests_of_rates,
        train_reference,
        weight_sizes,
    )
    from rnnctl.workflows.examine import examine

    say = tell or (lambda _: None)
    say("gradients at the initial weights")
    built, notes = prepared(one_net(config))
    config, dataset = built.config, built.dataset
    from rnnctl.model.weights import weight_arrays  # imports TensorFlow, which `prepared` has started

    found = examine(built, self_check=False)
    sizes = weight_sizes(weight_arrays(built.model))
    say("training as the config has it")
    trainer = Trainer(built)
    steps = min(built.schedule.total_steps, max(FEWEST, steps_in(config, built, COURSE_SECONDS)))
    course = trainer.train("as it is", steps)
    say("learning rates")
    rates = tests_of_rates(trainer)
    say("a network with usual settings")
    return Evidence(config, dataset, found, course, train_reference(config, dataset), rates, sizes, notes)


def gather_run(folder: Path, overrides: Sequence[str] = ()) -> Evidence:
    """Reads what a run recorded, and looks at its data and at the gradients of its weights; trains nothing.

    A run that left no weights, such as one that became NaN, is looked at with those that its config begins with.

    Raises:
        RunError: No step is recorded.
    """
    from rnnctl.diagnosis.courses import Course, Trainer
    from rnnctl.diagnosis.evidence import weight_sizes
    from rnnctl.engines.keras_network import restore_weights
    from rnnctl.runs.run_check import check_run
    from rnnctl.runs.run_record import read_run_record
    from rnnctl.runs.trained_run import load_run, read_config
    from rnnctl.workflows.examine import examine
    from rnnctl.workflows.examined_steps import Past

    config, record = read_config(folder, check_run(folder), overrides), read_run_record(folder)
    if not len(record.steps.loss):
        why = "; ".join(record.notes) or "the run ended before its first"
        look = command("diagnose", folder / "config.yaml")
        raise RunError(f"{folder}: no step is recorded ({why}); look at its config instead: {look}")
    built = build(config)
    from rnnctl.model.weights import weight_arrays

    sizes, notes = weight_sizes(weight_arrays(built.model)), record.notes
    course = Course.of_run(built.schedule.total_steps, record)
    losses, updates = record.steps.until(None)
    try:
        restore_weights(built.model, load_run(folder, overrides))
    except RunError as error:
        notes += (f"gradients are those of the initial weights: {str(error).splitlines()[0]}",)
    else:
        course = Trainer(built).scored(course)
    found = examine(built, self_check=False, past=Past(f"run {record.name}", losses, updates, complete=True))
    return Evidence(built.config, built.dataset, found, course, weight_sizes=sizes, notes=notes)


def described(evidence: Evidence, causes: Sequence[Cause]) -> Diagnosis:
    """The diagnosis from its evidence and causes."""
    from rnnctl.model.describe import describe_cells

    course = evidence.course
    probe = ProbeFacts(evidence.probe_skill, evidence.near, evidence.shifts, evidence.order)
    return Diagnosis(
        name=evidence.config.name,
        state=f"{course.label}, {course.steps:,} of {counted(course.total, 'step')}",
        model=describe_cells(evidence.config),
        cause=causes[0].word,
        causes=tuple(causes),
        metric=course.metric,
        course=course.facts(),
        reference=None if evidence.reference is None else evidence.reference.facts(),
        rates=evidence.rates,
        probe=probe,
        verdict=evidence.found.verdict,
        notes=evidence.notes,
    )


def fixed_config(subject: str | None, overrides: Sequence[str], found: Diagnosis) -> str:
    """The config with the recommended changes, as YAML."""
    from rnnctl.config.dump import config_to_yaml
    from rnnctl.config.overrides import with_changes
    from rnnctl.runs.trained_run import load_run

    if subject is not None and Path(subject).is_dir():
        config = load_run(Path(subject), overrides).config
    else:
        config = load_config(subject, overrides)
    return config_to_yaml(with_changes(config, found.changes))
