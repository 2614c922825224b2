from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnctl.config import Config, load_config
from rnnctl.optimizers import Adam, Sgd

Faults = Callable[..., list[str]]


def _load(tmp_path: Path, text: str, *overrides: str) -> Config:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    return load_config(file, overrides)


def test_an_override_reaches_keys_list_items_and_whole_sections() -> None:
    config = load_config(
        None, ["seed=7", "model.layers.0.units=64", "model.layers[0].activation=relu", "optimizer={kind: adam}"]
    )
    assert config.seed == 7
    assert config.model.layers[0].activation == "relu"
    assert config.optimizer == Adam(kind="adam")


def test_the_value_is_yaml_read_as_people_mean_it() -> None:
    assert load_config(None, ["optimizer.learning_rate=1e-3"]).optimizer.learning_rate == 0.001
    assert load_config(None, ["name='010'"]).name == "010"
    assert load_config(None, ["name=a=b"]).name == "a=b"


def test_a_short_form_is_opened_for_a_key_below_it(tmp_path: Path) -> None:
    config = _load(tmp_path, "data: dummy\noptimizer: sgd\n", "optimizer.learning_rate=0.1", "data.length=3")
    assert config.optimizer == Sgd(kind="sgd", learning_rate=0.1)
    assert config.data.model_dump()["length"] == 3


def test_what_the_file_leaves_out_starts_from_its_default(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        "data: adding\n",
        "optimizer.momentum=0.5",
        "model.layers.0.units=8",
        "data.split.test=0.2",
        "training.early_stopping.patience=3",
        "loss.kind=huber",
        "loss.delta=2",
    )
    assert config.optimizer == Sgd(kind="sgd", momentum=0.5)
    assert [(layer.cell, layer.units) for layer in config.model.layers] == [("simple_rnn", 8)]
    assert config.data.split.validation == 0.1
    assert config.data.split.test == 0.2
    assert config.training.early_stopping is not None
    assert config.training.early_stopping.patience == 3


def test_an_item_can_be_added_at_the_end_of_a_list() -> None:
    config = load_config(None, ["model.layers.1=gru", "model.head=dense"])
    assert [layer.cell for layer in config.model.layers] == ["simple_rnn", "gru"]


def test_an_override_replaces_its_rival_in_the_file(tmp_path: Path) -> None:
    text = "data: dummy\ntraining: {steps: 5}\noptimizer: {kind: sgd, clipnorm: 1}\n"
    config = _load(tmp_path, text, "training.epochs=3", "optimizer.global_clipnorm=2")
    assert (config.training.steps, config.training.epochs) == (None, 3)
    assert (config.optimizer.clipnorm, config.optimizer.global_clipnorm) == (None, 2.0)
    assert _load(tmp_path, text, "optimizer.clipvalue=null").optimizer.clipnorm == 1.0


@pytest.mark.parametrize(
    "overrides", [("training.steps=3", "training.epochs=2"), ("training.epochs=2", "training.steps=3")]
)
def test_two_overrides_that_conflict_are_told_at_the_later_one(faults: Faults, overrides: tuple[str, str]) -> None:
    told = faults("data: dummy\n", *overrides)
    assert told == [f"--set {overrides[1]}: training: steps and epochs are set; keep one of them"]


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        (
            "optimizer.lerning_rate=0.1",
            "optimizer.lerning_rate: unknown key; allowed: learning_rate, clipnorm, global_clipnorm, clipvalue, "
            "momentum, "
            "nesterov; did you mean learning_rate?",
        ),
        (
            "optimzer.learning_rate=0.1",
            "optimzer: unknown key; allowed: name, seed, data, model, loss, optimizer, training, gradients, "
            "checkpoints; did you mean optimizer?",
        ),
        ("seed=-1", "seed: -1 cannot be used; allowed: a whole number from 0 to below 4294967296"),
        ("seed", "is not of the form key=value, such as --set optimizer.learning_rate=0.1"),
        ("=3", "is not of the form key=value, such as --set optimizer.learning_rate=0.1"),
        ("a..b=3", "a..b: is not of the form key=value, such as --set optimizer.learning_rate=0.1"),
        ("seed.x=3", "seed.x: seed is a plain value without keys; set seed itself"),
        (
            "model.layers.units=3",
            "model.layers.units: model.layers is a list; name an item by its number, such as model.layers.0",
        ),
        ("model.layers.7.units=3", "model.layers.7.units: model.layers has 1 item, counted from 0; 7 is beyond them"),
        (
            "data={",
            "data: the value is not YAML: the text ends where a value should stand; write the value, or close the "
            "bracket",
        ),
        (
            "data={kind: dummy, kind: sine}",
            "data: the value is not YAML: is set twice, first at line 1, column 2; keep one of them",
        ),
        (
            "loss={kind: hubr}",
            "loss.kind: 'hubr' is not known; allowed: mse, mae, huber, quantile, binary_crossentropy, "
            "categorical_crossentropy; did you mean huber?",
        ),
    ],
)
def test_a_wrong_override_is_told_by_what_was_typed(faults: Faults, override: str, fault: str) -> None:
    text = "data: dummy\nseed: 3\nmodel: {layers: [simple_rnn]}\noptimizer: sgd\n"
    assert faults(text, override) == [f"--set {override}: {fault}"]


def test_faults_of_the_file_come_first_then_the_overrides_in_their_order(faults: Faults) -> None:
    told = faults("data: dummy\nsed: 3\n", "training.shuffle=1", "name=-", "zz=1")
    assert [line.partition(": ")[0] for line in told] == [
        "c.yaml:2:1",
        "--set training.shuffle=1",
        "--set name=-",
        "--set zz=1",
    ]


def test_another_kind_tells_the_keys_that_do_not_fit_it_and_how_to_replace_the_section(faults: Faults) -> None:
    (told,) = faults("data: dummy\noptimizer: {kind: sgd, momentum: 0.9}\n", "optimizer.kind=adam")
    assert told == (
        "c.yaml:2:24: optimizer.momentum: not a key of adam, but of sgd and rmsprop; allowed: learning_rate, clipnorm, "
        "global_clipnorm, clipvalue, beta_1, beta_2, epsilon, amsgrad; to replace the whole section write --set "
        "optimizer='{…}'"
    )


def test_an_override_can_make_a_file_whole_or_stand_in_for_an_empty_one(tmp_path: Path, faults: Faults) -> None:
    assert _load(tmp_path, "seed: 2\n", "data=sine").seed == 2
    assert faults("", "data=sine") == []
    assert faults("data: {kind: csv}\n", "data.kind=sine") == []


def test_a_form_of_dates_needs_no_quotes():
    data = "data={kind: csv, path: a.csv, target: [y], window: {length: 3}, time: day}"
    config = load_config(None, [data, "model.head=dense", "data.time_format=%d.%m.%Y %H:%M"])
    assert config.data.time_format == "%d.%m.%Y %H:%M"
