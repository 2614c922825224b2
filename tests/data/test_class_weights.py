"""Weights of classes: what a config may ask for, which labels it may name, and numbers against plain counting."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from made_data import made_dataset

from rnnctl.config import load_config
from rnnctl.config.dataset import load_dataset
from rnnctl.data import Preparation
from rnnctl.data.class_weights import class_weights, described, weights_of
from rnnctl.diagnosis.naive_loss import naive_loss
from rnnctl.errors import ConfigError
from rnnctl.workflows.check import check

TEXT = (
    "data: {kind: csv, path: y.csv, task: per_step, target: [label], features: [x], split: {}, "
    "columns: {label: KIND}}\ntraining: {class_weights: WEIGHTS}\n"
)
NUMBER = "allowed: a number above 1e-06 and below 1000000.0"
FORM = "allowed: balanced, a mapping with names of your own as keys or null"


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ("balance", f"2:27: training.class_weights: 'balance' cannot be used; {FORM}; did you mean balanced?"),
        ("[1, 5]", f"2:27: training.class_weights: a list cannot be used; {FORM}"),
        ("5", f"2:27: training.class_weights: 5 cannot be used; {FORM}"),
        ("{yes: 0}", f"2:33: training.class_weights.yes: 0 cannot be used; {NUMBER}"),
        ("{no: -1}", f"2:32: training.class_weights.no: -1 cannot be used; {NUMBER}"),
        ("{1: .inf}", f"2:31: training.class_weights.1: inf is not a finite number; {NUMBER}"),
        ("{yes: .nan}", f"2:33: training.class_weights.yes: nan is not a finite number; {NUMBER}"),
        ("{true: yes}", f"2:34: training.class_weights.true: 'yes' cannot be used; {NUMBER}"),
        ("{yes: 1, yes: 2}", "2:36: training.class_weights.yes: is set twice, first at line 2, column 28; keep one"),
    ],
)
def test_what_is_no_weight_is_told_with_its_place_and_what_to_write(faults, weights, told):
    (fault,) = faults(TEXT.replace("KIND", "boolean").replace("WEIGHTS", weights))
    assert told in fault


def test_numbers_have_no_classes_and_the_advice_helps(faults):
    text = TEXT.replace("KIND", "number").replace("WEIGHTS", "balanced") + "loss: mae\n"
    (fault,) = faults(text)
    columns = '{"label": category}'
    assert "training.class_weights: class weights are for classes, and these targets are numbers" in fault
    assert fault.endswith(f"set data.columns: {columns} and leave loss out")
    assert faults(text.replace("{label: number}", columns).replace("loss: mae\n", "")) == []
    assert faults(text.replace("class_weights: balanced", "")) == []
    (fault,) = faults("data: {kind: dummy}\ntraining: {class_weights: balanced}\n")
    assert fault.endswith("remove training.class_weights")


def weights_by_hand(values, classes):
    counts = Counter(values)
    return [len(values) / (len(counts) * counts[code]) if counts[code] else 1.0 for code in range(classes)]


@pytest.mark.parametrize("placement", ["sequence", "last", "each"])
@pytest.mark.parametrize("target", ["category", "boolean"])
def test_balanced_weighs_by_the_training_rows_that_are_targets(target, placement):
    data = made_dataset(target=target, placement=placement, validation=3)
    train, classes = data.train, len(data.class_names)
    if placement == "sequence":
        rows = train.target_rows
    elif placement == "last":
        rows = train.starts + train.lengths - 1
    else:
        rows = np.concatenate([np.arange(s, s + n) for s, n in zip(train.starts, train.lengths, strict=True)])
    expected = [weights_by_hand(column[rows].astype(int).tolist(), classes) for column in train.targets.T]
    found = class_weights(data, "balanced", "made")
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    of_rows = weights_of(train.targets[rows], found)
    np.testing.assert_allclose(of_rows.mean(axis=0), 1)
    for row, targets in zip(of_rows, train.targets[rows], strict=True):
        assert row.tolist() == [expected[place][int(code)] for place, code in enumerate(targets)]


def test_missing_targets_count_nothing_and_outputs_of_later_times_have_the_weights_of_their_target():
    data = made_dataset(target="boolean")
    valid = np.random.default_rng(0).random(data.train.targets.shape) > 0.4
    data.train.targets[~valid] = np.nan
    data = replace(data, train=replace(data.train, valid=valid))
    columns = zip(data.train.targets.T, valid.T, strict=True)
    expected = [weights_by_hand(column[there].astype(int).tolist(), 2) for column, there in columns]
    found = class_weights(data, "balanced", "made")
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    ahead = np.array([[0.0, 1.0, 1.0, 0.0]])  # two targets, two rows ahead
    assert weights_of(ahead, found).tolist() == [[found[0, 0], found[1, 1], found[0, 1], found[1, 0]]]


def test_labels_are_those_of_the_file_and_yes_or_no_any_word_for_it():
    data = replace(made_dataset(target="category"), classes=("<unknown>", "1", "01", "true"))
    assert class_weights(data, {"01": 3, "true": 0.5}, "made").tolist() == [[1, 1, 3, 0.5]]
    data = replace(made_dataset(target="boolean"), preparation=Preparation(spellings={"target 0": ("N", "Y")}))
    for label in ("Y", "true", "1", "yes", " True "):
        assert class_weights(data, {label: 4}, "made").tolist() == [[1, 4], [1, 4]]
    assert described(data, np.array([[1, 4], [0.5, 1]])) == (
        "training.class_weights: of 'target 0' 'Y' × 4.000; of 'target 1' 'no' × 0.5000 in the training loss; "
        "validation and metrics count all alike"
    )


def test_unknown_labels_are_told_together_with_the_labels_that_there_are_and_the_nearest():
    data = replace(made_dataset(target="category"), classes=("walk", "run", "jump"))
    with pytest.raises(ConfigError) as told:
        class_weights(data, {"runs": 2, "run": 3, "Q": 1}, "made")
    known = "no training row has this label in 'target 0'; labels: 'walk', 'run', 'jump'"
    assert str(told.value).split("\n") == [
        f"made: training.class_weights.runs: {known}; did you mean 'run'?",
        f"made: training.class_weights.Q: {known}; correct the label, or remove it",
    ]
    with pytest.raises(ConfigError, match=r"made: training\.class_weights\.true: is the class of 'yes' too; keep one"):
        class_weights(made_dataset(target="boolean"), {"yes": 2, "true": 3}, "made")


def test_check_tells_the_weights_and_the_naive_answer_is_weighed(tmp_path):
    (tmp_path / "y.csv").write_text("x,label\n" + "".join(f"{n},{int(n % 4 == 0)}\n" for n in range(60)))
    path = tmp_path / "c.yaml"

    def load(kind, weights):
        path.write_text(TEXT.replace("KIND", kind).replace("WEIGHTS", weights))
        return load_config(path)

    for kind in ("boolean", "category"):
        config = load(kind, "balanced")
        assert naive_loss(config) == pytest.approx(np.log(2))
        (fact,) = [one.message for one in check(config).findings if "class_weights" in one.message]
        assert fact.startswith("training.class_weights: '1' × 2.000, '0' × 0.6667 in the training loss;")
        config = load(kind, "{1: 9}")  # 15 rows of weight 9 and 45 of weight 1 are 180, of which 3/4 are yes
        assert naive_loss(config) == pytest.approx(180 / 60 * -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
        weights = class_weights(load_dataset(config), config.training.class_weights, "c")
        assert sorted(weights.ravel().tolist()) == [1, 9]
    for every, weights, advised in ((15, "null", True), (15, "balanced", False), (30, "null", False)):
        (tmp_path / "y.csv").write_text("x,label\n" + "".join(f"{n},{int(n % every == 0)}\n" for n in range(60)))
        (told,) = [one.message for one in check(load("boolean", weights)).findings if "macro F1" in one.message]
        assert told.endswith("compare with training.class_weights: balanced") == advised
    with pytest.raises(ConfigError, match=r"c: training.class_weights.2: no training row has this label in 'label'"):
        check(load("boolean", "{2: 9}"))
