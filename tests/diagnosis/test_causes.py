"""Every cause from evidence that is made for it, and from a healthy one."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from diagnosis.tasks import Made
from gradients.verdicts.made import column, layer as made_layer
from small import small_config, with_split

from rnnctl.config.dataset import load_dataset
from rnnctl.diagnosis.causes import CAUSES
from rnnctl.diagnosis.courses import Course
from rnnctl.diagnosis.evidence import Evidence
from rnnctl.diagnosis.judge import judge
from rnnctl.results import DataFindings, Examination, Verdict
from rnnctl.results.data_check import Finding
from rnnctl.results.diagnosis import RateTest
from rnnctl.results.training import ValidationRecord

STEPS = 100


def examination(*verdicts, columns=(), **more):
    """An examination that found these verdicts."""
    columns = columns or (column(), column("y", "target"))
    data = DataFindings(10, tuple(columns), None, 0.0)
    known = {"name": "n", "state": "", "model": "", "loss": 1.0, "gradient_norm": 1.0, "clipped_norm": 1.0}
    known |= {"verdict": "", "verdicts": verdicts, "layers": (), "variables": (), "noise": None, "self_check": None}
    return Examination(**known | {"data": data} | more)


def course(losses=None, *, skill=0.9, ratio=1e-3, rate=0.1, **more):
    """A training of so many steps whose loss falls from 1 to 0.1."""
    losses = np.geomspace(1.0, 0.1, STEPS) if losses is None else np.asarray(losses, float)
    ones = np.ones(len(losses))
    known = {"label": "as it is", "total": STEPS, "losses": losses, "rates": rate * ones, "norms": ones}
    known |= {"clipped_norms": ones, "update_ratios": {"head/kernel": np.array([ratio, ratio])}, "through_time": {}}
    return Course(**known | {"skill": skill, "training_skill": skill} | more)


REFERENCE = course(skill=0.9, label="reference")
RATES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def rates(configured, losses=(0.95, 0.6, 0.1, 0.1, 0.5), best=1e-2):
    """A test of five rates."""
    return RateTest(RATES, losses, 50, configured, best, 1.0)


def evidence(*, sections=None, **more):
    """Evidence of a network that is healthy but for what is given."""
    sections = {"data": with_split(), **(sections or {})}
    config = small_config(**sections)
    known = {"config": config, "dataset": load_dataset(config), "found": examination(), "course": course()}
    known |= {"reference": REFERENCE}
    made = Evidence(**known | {key: value for key, value in more.items() if key in Evidence.__dataclass_fields__})
    derived = {key: value for key, value in more.items() if key not in Evidence.__dataclass_fields__}
    made.__dict__.update({"naive": 1.0, "probe": None} | derived)
    return made


BAD = course(skill=0.1)
STUCK = course(np.ones(STEPS), skill=0.0)


def sgd(rate=0.1, **more):
    """Sections with this optimizer."""
    return {"optimizer": {"kind": "sgd", "learning_rate": rate, **more}}


def of_verdict(word):
    """A network that is harmed, and whose gradients have a verdict."""
    return evidence(course=BAD, found=examination(Verdict(word, "recurrent_0", "the headline", ("a reason",))))


def validations(*losses):
    """Losses of the validation rows at even steps."""
    every = STEPS // len(losses)
    return tuple(ValidationRecord((at + 1) * every, at + 1, loss, is_best=False) for at, loss in enumerate(losses))


def layer(**keys):
    """Sections with one layer."""
    return {"model": {"layers": [{"cell": "gru", "units": 16, **keys}]}}


MADE = {
    "healthy": evidence,
    "data not finite": lambda: evidence(found=examination(columns=[column(non_finite=3)])),
    "inputs unscaled": lambda: evidence(course=BAD, found=examination(columns=[column(std=500.0)])),
    "targets unscaled": lambda: evidence(
        course=BAD, found=examination(columns=[column(), column("y", "target", std=1e-6)])
    ),
    "constant features": lambda: evidence(course=BAD, found=examination(columns=[column(constant=True, std=0.0)])),
    "learning rate too low": lambda: evidence(
        sections=sgd(1e-4), course=course(np.ones(STEPS), skill=0.0, ratio=1e-5), rates=rates(1e-4)
    ),
    "learning rate too high": lambda: evidence(
        sections=sgd(1.0), course=course(np.geomspace(1, 50, STEPS), skill=-1.0, ratio=0.5), rates=rates(1.0)
    ),
    "warm-up too long": lambda: evidence(
        sections=sgd({"kind": "constant", "initial_learning_rate": 0.1, "warmup_steps": 5000}), course=STUCK
    ),
    "schedule ends early": lambda: evidence(
        sections=sgd({"kind": "cosine", "initial_learning_rate": 0.1, "decay_steps": 10}), course=STUCK
    ),
    "clipping too tight": lambda: evidence(
        sections=sgd(global_clipnorm=1e-4), course=replace(STUCK, clipped_norms=np.full(STEPS, 1e-4), update_ratios={})
    ),
    "clipping missing": lambda: evidence(
        sections=sgd(), course=replace(BAD, norms=np.where(np.arange(STEPS) == 50, 1e5, 1.0))
    ),
    "weight decay too strong": lambda: evidence(
        sections={"optimizer": {"kind": "adamw", "learning_rate": 0.01, "weight_decay": 20.0}},
        course=course(skill=0.1, rate=0.01),
    ),
    "dropout too strong": lambda: evidence(sections=layer(dropout=0.9), course=BAD),
    "too few units": lambda: evidence(sections=layer(units=1), course=BAD),
    "too few steps": lambda: evidence(course=course(np.linspace(1, 0.5, 20), skill=0.3, total=20)),
    "batch too large": lambda: evidence(
        sections={"data": with_split(sequences=200), "training": {"epochs": 5, "batch_size": 500}},
        course=course(np.ones(5), skill=0.1, total=5),
    ),
    "batch too small": lambda: evidence(
        sections={"data": with_split(sequences=200), "training": {"epochs": 5, "batch_size": 1}}, course=BAD
    ),
    "early stopping on noise": lambda: evidence(
        sections={"training": {"epochs": 500, "early_stopping": {"patience": 1}}},
        course=replace(course(np.ones(30), skill=0.2, total=1000), stopped="early stopping"),
    ),
    "overfitting": lambda: evidence(
        course=course(skill=0.3, training_skill=0.99, validations=validations(0.9, 0.4, 0.5, 0.8, 1.2))
    ),
    "initial weights": lambda: evidence(sections=layer(kernel_initializer="zeros"), course=BAD),
    "dead units": lambda: of_verdict("dead"),
    "saturated": lambda: of_verdict("saturated"),
    "exploding": lambda: of_verdict("exploding"),
    "vanishing": lambda: evidence(
        course=STUCK,
        found=examination(Verdict("vanishing", "recurrent_0", "the gradient reaches 2 of 4")),
        reach=(2, 4),
        probe_skill=1.0,
        near=0.0,
    ),
    "output out of range": lambda: evidence(
        course=BAD, found=examination(data=DataFindings(10, (column(),), (0.0, 1.0), 0.5, 0.5))
    ),
    "leaking feature": lambda: evidence(leaks=(Finding("warning", "leak", "'x' tells 'y' exactly", ("x", "y")),)),
    "targets shifted": lambda: evidence(course=BAD, shifts={"-2": 0.0, "-1": 0.9, "0": 0.05, "+1": 0.1, "+2": 0.0}),
    "labels are noise": lambda: evidence(course=course(skill=-0.2), reference=course(skill=0.0), probe_skill=-0.1),
    "noise floor": lambda: evidence(
        sections={"data": {"kind": "sine", "sequences": 20, "length": 6, "split": {"validation": 4, "test": 2}}},
        course=course(skill=-0.2),
        reference=course(skill=0.0),
        probe_skill=-0.1,
    ),
    "exploding activation": lambda: evidence(
        course=BAD, found=examination(layers=(made_layer(1.9, time=8, activation="linear"),))
    ),
}

SEQUENCES, TIME = 60, 8


def written(folder, rows, **data):
    """Sections of a GRU and of a file of 60 sequences of 8 time steps, one target each, or as ``data`` has it."""
    section = {"kind": "csv", "series": "id", "time": "t", "target": ["y"], "split": {"validation": 12, "test": 6}}
    made = Made({"data": section | {"task": "per_sequence", "features": ["x", "z"]} | data})
    made.columns = {"id": np.repeat(np.arange(SEQUENCES), TIME), "t": np.tile(np.arange(TIME), SEQUENCES), **rows}
    return {"data": made.write(folder)["data"], **layer()}


def drawn(**more):
    """Two features and a target that are drawn, or what is given."""
    random = np.random.default_rng(5)
    one = np.repeat(random.normal(size=SEQUENCES), TIME)
    return {"x": random.normal(size=SEQUENCES * TIME), "z": random.normal(size=SEQUENCES * TIME), "y": one, **more}


def padded():
    """Sequences of 2 to 6 time steps, filled up with rows of zeros."""
    columns, there = drawn(), np.tile(np.arange(TIME), SEQUENCES) < np.repeat(2 + np.arange(SEQUENCES) % 5, TIME)
    return columns | {name: np.where(there, columns[name], 0.0) for name in ("x", "z")}


def labels(of):
    """A label for each sequence."""
    return drawn(y=np.repeat([of(place) for place in range(SEQUENCES)], TIME))


def of_season(folder):
    """A series of one column whose season is 12 rows, seen three rows at a time."""
    rows = SEQUENCES * TIME
    values = np.sin(2 * np.pi * np.arange(rows) / 12) + 0.05 * np.random.default_rng(5).normal(size=rows)
    series = {"task": "forecast", "series": None, "time": "row", "features": ["y"], "window": {"length": 3}}
    return written(folder, {"row": np.arange(rows), "y": values}, **series)


NOTHING = {"course": course(skill=0.0), "reference": course(skill=0.0), "probe_skill": -0.1}

WRITTEN = {
    "duplicated features": lambda to: evidence(sections=written(to, drawn(z=-2 * drawn()["x"])), course=BAD),
    "padding not masked": lambda to: evidence(sections=written(to, padded()), course=BAD),
    "class imbalance": lambda to: evidence(
        sections=written(to, labels(lambda place: int(place % 20 == 7)), columns={"y": "boolean"}), course=BAD
    ),
    "classes as numbers": lambda to: evidence(
        sections=written(to, labels(lambda place: place % 3)), course=BAD, as_classes=(0.9, 0.5)
    ),
    "window too short": lambda to: evidence(sections=of_season(to), course=BAD),
    "time order shuffled": lambda to: evidence(sections=written(to, drawn()), order=0.0, together=0.9, **NOTHING),
}
"""Evidence that needs a file, by its cause; each is given a folder."""


def of(word, folder):
    """The evidence that is made for a cause."""
    return MADE[word]() if word in MADE else WRITTEN[word](folder)


def test_evidence_is_made_for_every_cause():
    assert {*MADE, *WRITTEN} == set(CAUSES)


@pytest.mark.parametrize("word", [*MADE, *WRITTEN])
def test_the_evidence_made_for_a_cause_finds_it_first(word, tmp_path):
    causes = judge(of(word, tmp_path))
    assert causes[0].word == word, causes
    assert causes[0].because
    assert causes[0].sentence == CAUSES[word].sentence


def test_certainty_falls_from_cause_to_cause():
    for make in MADE.values():
        sure = [cause.sure for cause in judge(make())]
        assert sure == sorted(sure, reverse=True)
        assert all(0 < one <= 1 for one in sure)


def test_a_network_as_good_as_the_reference_is_healthy_whatever_its_update_ratio():
    for ratio in (1e-6, 0.3):
        assert [cause.word for cause in judge(evidence(course=course(ratio=ratio)))] == ["healthy"]


def test_words_are_as_a_command_line_takes_them():
    for word, entry in CAUSES.items():
        assert word == word.lower().strip()
        assert entry.sentence.endswith(".")


def mended_late(losses, near=0.2):
    """A network whose initial gradient is short, and whose last one is not; a regression needs what lies further."""
    probe = SimpleNamespace(skill=lambda within=None: 1.0 if within is None else near)
    found = examination(Verdict("vanishing", "recurrent_0", "the headline"), layers=(made_layer(0.1, time=4),))
    known = {"probe": probe, "probe_skill": 1.0, "reach": (4, 4), "shifts": {}, "order": None, "as_classes": None}
    return evidence(course=course(losses, skill=0.6), found=found, together=0.0, **known)


LATE = np.r_[np.ones(60), np.geomspace(0.6, 0.1, 40)]


def test_vanishing_is_named_where_training_mends_it_late_and_the_task_needs_it():
    cause = judge(mended_late(LATE))[0]
    assert cause.word == "vanishing"
    assert "only after 62 of 100 steps" in cause.because[2]
    for other in (mended_late(np.geomspace(1.0, 0.1, STEPS)), mended_late(LATE, near=0.95)):
        assert "vanishing" not in [cause.word for cause in judge(other)]


def test_clipping_is_the_cause_where_adam_is_left_with_less_than_its_epsilon():
    tight = replace(STUCK, clipped_norms=np.full(STEPS, 1e-6), update_ratios={"head/kernel": np.full(2, 5e-4)})
    adam = {"kind": "adam", "learning_rate": 1e-3, "global_clipnorm": 1e-6}
    cause = judge(evidence(sections={"optimizer": adam}, course=tight))[0]
    assert (cause.word, cause.sure) == ("clipping too tight", 0.93)
    assert judge(evidence(sections={"optimizer": {**adam, "epsilon": 1e-12}}, course=tight))[0].sure < 0.9


def test_nothing_is_learnt_by_heart_that_the_training_rows_do_not_have():
    made = MADE["overfitting"]()
    poor = replace(made.course, training_skill=0.32)
    assert "overfitting" not in [cause.word for cause in judge(evidence(course=poor))]


def test_more_steps_are_no_advice_where_the_training_rows_are_learnt_or_batches_differ_by_more():
    falls = course(np.linspace(1, 0.5, 100), skill=0.3, total=100)
    learnt = replace(falls, training_skill=0.9)
    differing = replace(falls, losses=falls.losses * np.tile([0.2, 1.8], 50))
    for one, few in ((falls, True), (learnt, False), (differing, False)):
        causes = judge(evidence(sections=layer(), course=one))
        assert ("too few steps" in [cause.word for cause in causes]) is few


def test_a_patience_that_is_advised_counts_every_fall_of_the_loss():
    stopping = {"patience": 1, "min_delta": 0.05}
    stopped = replace(course(np.ones(30), skill=0.2, total=1000), stopped="early stopping")
    made = evidence(sections={"training": {"epochs": 500, "early_stopping": stopping}}, course=stopped)
    cause = next(cause for cause in judge(made) if cause.word == "early stopping on noise")
    key = "training.early_stopping"
    assert cause.advice[0].changes == {f"{key}.patience": 15, f"{key}.min_delta": 0.0}


def test_a_run_that_was_far_too_short_is_found_without_a_reference():
    short = course(np.linspace(1, 0.8, 6), skill=-0.5, total=6)
    for probed, few in ((1.0, True), (-0.5, False)):
        causes = judge(evidence(sections=layer(), course=short, reference=None, probe_skill=probed))
        assert (causes[0].word == "too few steps") is few


def test_nothing_is_said_of_rows_that_are_not_there():
    known = {"course": course(skill=-0.2), "reference": course(skill=0.0), "probe_skill": -0.1}
    for validation, noise in ((4, True), (0, False)):
        made = evidence(sections={"data": with_split(split={"validation": validation, "test": 2})}, **known)
        assert ("labels are noise" in [cause.word for cause in judge(made)]) is noise
        lines = [line for cause in judge(made) for line in cause.because]
        assert any("rows not trained on" in line for line in lines) is noise


def test_a_run_at_a_rate_far_above_the_usual_is_told_by_its_rate_alone():
    spiky = course(np.ones(STEPS), skill=-1.0, norms=np.r_[np.ones(STEPS - 1), 2000.0])
    for optimizer, rate, told in (("adam", 3.0, True), ("sgd", 0.5, False), ("sgd", 3.0, True)):
        sections = {**layer(), "optimizer": {"kind": optimizer, "learning_rate": rate}}
        first = judge(evidence(sections=sections, course=spiky, reference=None, probe_skill=0.8))[0]
        assert (first.word == "learning rate too high") is told
    assert first.advice[0].changes == {"optimizer.learning_rate": 0.03}
