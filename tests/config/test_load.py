from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.config import FIRST_STEP, Config, load_config
from rnnctl.errors import ConfigError
from rnnctl.losses import HuberLoss
from rnnctl.optimizers import Adam, CosineSchedule
from rnnctl.sources.csv import CsvData
from rnnctl.sources.synthetic import AddingData

Faults = Callable[..., list[str]]
TOP = "name, seed, data, model, loss, optimizer, training, gradients, checkpoints"
LAYER = (
    "units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout, "
    "recurrent_dropout, bidirectional"
)
CSV = "data: {kind: csv, path: %s, target: [y], window: {length: 3}}\n"


def _load(tmp_path: Path, text: str, *overrides: str) -> Config:
    file = tmp_path / "my run.yaml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, overrides)


def test_every_fault_of_a_file_is_told_at_once_in_its_order(faults: Faults) -> None:
    text = """\
nme: x
seed: -1
data:
  kind: addng
model:
  layers:
    - {cell: SimpleRNN, units: 0}
    - {cell: gru, unit: 8, use_bias: no, dropout: "0.1"}
    - {cell: lstm, units: 64.0, recurrent_initializer: {kind: orthogonal, gian: 2}, reset_after: true}
  head: dens
loss: {kind: huber, delta: .nan}
optimizer:
  kind: sgd
  learning_rate: fast
  clipnorm: 1
  global_clipnorm: 1
training:
  steps: 5
  epochs: 3
  steps: 6
"""
    assert faults(text) == [
        f"c.yaml:1:1: nme: unknown key; allowed: {TOP}; did you mean name?",
        "c.yaml:2:7: seed: -1 cannot be used; allowed: a whole number from 0 to below 4294967296",
        "c.yaml:4:9: data.kind: 'addng' is not known; allowed: dummy, adding, copy, sine, csv, parquet, text; did you "
        "mean adding?",
        "c.yaml:7:14: model.layers.0.cell: 'SimpleRNN' is not known; allowed: simple_rnn, gru, lstm; did you mean "
        "simple_rnn?",
        "c.yaml:7:32: model.layers.0.units: 0 cannot be used; allowed: a whole number of 1 or more",
        f"c.yaml:8:19: model.layers.1.unit: unknown key; allowed: {LAYER}, recurrent_activation, reset_after; "
        "did you mean units?",
        "c.yaml:8:38: model.layers.1.use_bias: 'no' cannot be used; allowed: true or false; write false, without "
        "quotes",
        "c.yaml:8:51: model.layers.1.dropout: '0.1' cannot be used; allowed: a number from 0 to below 1; "
        "write 0.1 without quotes",
        "c.yaml:9:27: model.layers.2.units: 64.0 cannot be used; allowed: a whole number of 1 or more; write 64",
        "c.yaml:9:75: model.layers.2.recurrent_initializer.gian: unknown key; allowed: gain; did you mean gain?",
        f"c.yaml:9:85: model.layers.2.reset_after: not a key of lstm, but of gru; allowed: {LAYER}, "
        f"recurrent_activation, "
        "unit_forget_bias",
        "c.yaml:10:9: model.head: 'dens' is not known; allowed: none, dense; did you mean dense?",
        "c.yaml:11:28: loss.delta: nan is not a finite number; allowed: a number above 0",
        "c.yaml:12:1: optimizer: clipnorm and global_clipnorm are set; keep one of them",
        "c.yaml:14:18: optimizer.learning_rate: 'fast' cannot be used; allowed: a number above 0 or a mapping with "
        "kind: constant, exponential or cosine",
        "c.yaml:17:1: training: steps and epochs are set; keep one of them",
        "c.yaml:20:3: training.steps: is set twice, first at line 18, column 3; keep one of them",
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            "seed: '7'",
            "2:7: seed: '7' cannot be used; allowed: a whole number from 0 to below 4294967296; write 7 without quotes",
        ),
        (
            "name: 2024",
            "2:7: name: 2024 cannot be used; allowed: text of 1 to 100 characters; put quotes around it to make it "
            "text",
        ),
        (
            "name: ../x",
            "2:7: name: '../x' starts with a dot or dash, or has a space at an end, which a run folder's name cannot "
            "have; write a plain name, such as my-run",
        ),
        (
            "name: a/b",
            "2:7: name: 'a/b' has a slash or an unprintable character, which a run folder's name cannot have; write a "
            "plain name, such as my-run",
        ),
        (
            "loss: mea",
            "2:7: loss: 'mea' is not known; allowed: mse, mae, huber, quantile, binary_crossentropy, "
            "categorical_crossentropy; did you mean mse?",
        ),
        (
            "loss:",
            "2:6: loss: nothing (null) cannot be used; allowed: a mapping with kind: mse, mae, huber, quantile, "
            "binary_crossentropy or categorical_crossentropy (or the word "
            "alone)",
        ),
        (
            "loss: {}",
            "2:1: loss.kind: missing; needed: mse, mae, huber, quantile, binary_crossentropy or "
            "categorical_crossentropy",
        ),
        ("loss: {kinf: mse}", "2:8: loss.kinf: unknown key; did you mean kind?"),
        (
            "optimizer: adm",
            "2:12: optimizer: 'adm' is not known; allowed: sgd, adam, adamw, rmsprop; did you mean adam?",
        ),
        (
            "optimizer: {kind: sgd, learning_rate: 0}",
            "2:39: optimizer.learning_rate: 0 cannot be used; allowed: a number above 0 "
            "or a mapping with kind: constant, exponential or cosine",
        ),
        (
            "optimizer: {kind: sgd, learning_rate: '0,5'}",
            "2:39: optimizer.learning_rate: '0,5' cannot be used; allowed: a number "
            "above 0 or a mapping with kind: constant, exponential or cosine; write 0.5 with a point",
        ),
        (
            "optimizer: {kind: sgd, learning_rate: .inf}",
            "2:39: optimizer.learning_rate: inf is not a finite number; allowed: a "
            "number above 0 or a mapping with kind: constant, exponential or cosine",
        ),
        (
            "optimizer: {kind: sgd, learning_rate: {kind: cosine}}",
            "2:24: optimizer.learning_rate.initial_learning_rate: missing; needed: a number above 0",
        ),
        (
            "optimizer: {kind: sgd, learning_rate: [1]}",
            "2:39: optimizer.learning_rate: a list cannot be used; allowed: a number "
            "above 0 or a mapping with kind: constant, exponential or cosine",
        ),
        (
            "optimizer: {kind: adam, momentum: 0.9}",
            "2:25: optimizer.momentum: not a key of adam, but of sgd and rmsprop; allowed: "
            "learning_rate, clipnorm, global_clipnorm, clipvalue, beta_1, beta_2, epsilon, amsgrad",
        ),
        (
            "optimizer: {kind: sgd, momentum: 1}",
            "2:34: optimizer.momentum: 1 cannot be used; allowed: a number from 0 to below 1",
        ),
        (
            "optimizer: {kind: sgd, clipnorm: 1, clipvalue: 1, global_clipnorm: 1}",
            "2:1: optimizer: clipnorm and global_clipnorm and clipvalue are set; keep one of them",
        ),
        (
            "training: {steps: 1e3}",
            "2:19: training.steps: 1000.0 cannot be used; allowed: a whole number of 1 or more or null; write 1000",
        ),
        (
            "training: {batch_size: 9999999999}",
            "2:24: training.batch_size: 9999999999 cannot be used; allowed: a whole number from 1 to 2147483647",
        ),
        (
            "training: {shuffle: on}",
            "2:21: training.shuffle: 'on' cannot be used; allowed: true or false; write true, without quotes",
        ),
        (
            "training: {early_stopping: 5}",
            "2:28: training.early_stopping: 5 cannot be used; allowed: a mapping with the keys "
            "patience, min_delta and restore_best_weights or null",
        ),
        (
            "training: [1]",
            "2:11: training: a list cannot be used; allowed: a mapping with the keys steps, epochs, batch_size, "
            "shuffle, early_stopping, deterministic, class_weights, naive_weight, smoothing, truncate, members, "
            "member, refit and with_validation",
        ),
        (
            "training: {early_stopping: {}}",
            "2:12: training.early_stopping: early stopping needs a validation split; set "
            "data.split.validation, such as 0.15",
        ),
        *(
            (
                f"training: {{naive_weight: {value}}}",
                f"2:26: training.naive_weight: {value} cannot be used; allowed: auto or a number from 0 to 1{hint}",
            )
            for value, hint in (
                ("1.5", ""),
                ("true", ""),
                ("'0.5'", "; write 0.5 without quotes"),
                ("'aut'", "; did you mean auto?"),
            )
        ),
        (
            "training: {smoothing: true}",
            "2:1: training: smoothing has no share in what is forecast while naive_weight is 0; set "
            "naive_weight: auto, or remove smoothing",
        ),
        (
            "training: {naive_weight: 0.5}",
            "2:12: training.naive_weight: dummy forecasts no numbers, so there is no naive forecast to combine the "
            "network with; remove training.naive_weight",
        ),
        (
            "model: {layers: []}",
            "2:17: model.layers: an empty list cannot be used; allowed: a list of one or more sections",
        ),
        (
            "model: {layers: gru}",
            "2:17: model.layers: 'gru' cannot be used; allowed: a list of one or more sections; write [gru]",
        ),
        (
            "model: {layers: [gru], head: none}",
            "2:24: model.head: without a head the last layer's 64 outputs are compared with "
            "the data's 3 target values, and the numbers differ; set head: dense, or make them the same",
        ),
        (
            "model: {layers: [{cell: gru, kernel_initializer: {kind: random_uniform, minval: 1}}]}",
            "2:30: model.layers.0."
            "kernel_initializer: minval is not below maxval; set a smaller minval or a larger maxval",
        ),
    ],
)
def test_a_wrong_line_is_told_with_its_place_what_is_allowed_and_what_to_write(
    faults: Faults, line: str, fault: str
) -> None:
    assert faults(f"data: {{kind: dummy, outputs: 3}}\n{line}\n") == [f"c.yaml:{fault}"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            "{kind: csv}",
            [
                "1:1: data.path: missing; needed: the path of a file",
                "1:1: data.target: missing; needed: a list of one or more words",
            ],
        ),
        (
            "{kind: csv, pth: a, target: y, window: 5}",
            [
                "1:19: data.pth: unknown key; allowed: path, time, time_format, time_zone, series, wide, task, target, "
                "features, columns, known, static, calendar, harmonics, window, split, season, season_phase, "
                "transform, difference, lags, scale, scale_by, missing, "
                "frequency, open, missing_marks, footnote_marks, cache, separator, decimal_comma, skip_lines, "
                "skip_footer, comment, header, thousands; did you mean path?",
                "1:35: data.target: 'y' cannot be used; allowed: a list of one or more words; write [y]",
                "1:46: data.window: 5 cannot be used; allowed: a mapping with the keys length, horizon and stride "
                "or null",
            ],
        ),
        (
            "{kind: csv, path: a, target: [y], window: {length: 5}, difference: -2}",
            ["1:74: data.difference: -2 cannot be used; allowed: a whole number from 0 to 100000"],
        ),
        (
            "{kind: csv, path: a, target: [y], window: {length: 5}, difference: true}",
            ["1:74: data.difference: true cannot be used; allowed: a whole number from 0 to 100000"],
        ),
        (
            "{kind: csv, path: a, target: [y], window: {length: 5}, lags: [3, 3]}",
            ["1:68: data.lags: a list must rise, and repeat nothing; write the smallest first"],
        ),
        (
            "{kind: csv, path: a, target: [y], window: {length: 5}, season: 1}",
            ["1:62: data.season.0: 1 cannot be used; allowed: a whole number from 2 to 100000"],
        ),
        (
            "{kind: sine, split: {validation: 0.5, test: 0.5}}",
            [
                "1:20: data.split: validation (0.5) and test (0.5) leave nothing to train on; together they must "
                "stay below 1"
            ],
        ),
        (
            "{kind: sine, split: {test: 1.5}}",
            [
                "1:34: data.split.test: 1.5 cannot be used; allowed: a number from 0 to below 1 or a "
                "whole number of 0 or more"
            ],
        ),
        (
            "",
            [
                "1:6: data: nothing (null) cannot be used; allowed: a mapping with kind: dummy, adding, copy, sine, "
                "csv, parquet or text (or the "
                "word alone)"
            ],
        ),
    ],
)
def test_a_wrong_data_section_is_told(faults: Faults, data: str, told: list[str]) -> None:
    assert faults(f"data: {data}\n") == [f"c.yaml:{line}" for line in told]


def test_a_section_of_unknown_kind_is_checked_as_the_kind_that_it_resembles(faults: Faults) -> None:
    text = """\
data: {kind: zzz, length: 0, foo: 1}
model: {layers: [{cell: lstn, recurrent_initializer: {kind: orthgonal, gain: x}}, {units: -1}]}
optimizer: {kin: adm, learning_rat: 3, clipnorm: 1, global_clipnorm: 1}
loss: {delta: 0}
"""
    told = [fault.split(";")[0] for fault in faults(text)]
    assert told == [
        "c.yaml:1:14: data.kind: 'zzz' is not known",
        "c.yaml:1:27: data.length: 0 cannot be used",
        "c.yaml:2:25: model.layers.0.cell: 'lstn' is not known",
        "c.yaml:2:61: model.layers.0.recurrent_initializer.kind: 'orthgonal' is not known",
        "c.yaml:2:78: model.layers.0.recurrent_initializer.gain: 'x' cannot be used",
        "c.yaml:2:83: model.layers.1.cell: missing",
        "c.yaml:2:91: model.layers.1.units: -1 cannot be used",
        "c.yaml:3:1: optimizer: clipnorm and global_clipnorm are set",
        "c.yaml:3:13: optimizer.kin: unknown key",
        "c.yaml:3:23: optimizer.learning_rat: unknown key",
        "c.yaml:4:1: loss.kind: missing",
        "c.yaml:4:15: loss.delta: 0 cannot be used",
    ]


def test_a_column_named_twice_is_a_fault(faults: Faults) -> None:
    told = faults("data: {kind: csv, path: a.csv, target: [y, x, y], features: [a, a], window: {length: 2}}\n")
    assert told == [
        "c.yaml:1:40: data.target: a list holds 'y' twice; name each column once",
        "c.yaml:1:61: data.features: a list holds 'a' twice; name each column once",
    ]


def test_a_config_without_data_says_so(faults: Faults) -> None:
    assert faults("seed: 1\n") == [
        "c.yaml:1:1: data: missing; needed: a mapping with kind: dummy, adding, copy, sine, csv, "
        "parquet or text (or the word alone)"
    ]
    assert faults("dta: dummy\n") == [f"c.yaml:1:1: dta: unknown key; allowed: {TOP}; did you mean data?"]
    assert faults("- 1\n") == ["c.yaml:1:1: holds a list; a config is a mapping with at least data: {kind: …}"]


def test_adding_has_no_target_at_every_time_step(faults: Faults) -> None:
    assert faults("data: adding\nmodel: {return_sequences: true}\n") == [
        "c.yaml:2:9: model.return_sequences: adding has a target for each sequence, none at every time step; "
        "set model.return_sequences: false, or leave it out"
    ]


def test_copy_has_a_target_at_every_time_step(faults: Faults, tmp_path: Path) -> None:
    assert faults("data: copy\nmodel: {return_sequences: false}\n") == [
        "c.yaml:2:9: model.return_sequences: copy has a target at every time step; "
        "set model.return_sequences: true, or leave it out"
    ]
    assert _load(tmp_path, "data: copy\n").model.return_sequences


def test_a_rule_is_not_told_where_one_of_its_keys_is_wrong_itself(faults: Faults) -> None:
    told = faults("data: copy\nmodel: {return_sequences: yes}\n")
    assert told == [
        "c.yaml:2:27: model.return_sequences: 'yes' cannot be used; allowed: true or false; write true, without quotes"
    ]


def test_no_config_is_the_built_in_first_example_and_the_file_beside_it(root: Path) -> None:
    assert load_config() == FIRST_STEP
    assert load_config(root / "configs" / "first-step.yaml") == FIRST_STEP


def test_short_forms_and_numbers_are_read_as_people_mean_them(tmp_path: Path) -> None:
    text = """\
data: adding
model: {layers: [lstm, {cell: gru, units: 010, recurrent_initializer: glorot_uniform}]}
loss: {kind: huber, delta: 1}
optimizer: {kind: adam, learning_rate: 1e-3, epsilon: 1e-8}
"""
    config = _load(tmp_path, text)
    assert isinstance(config.data, AddingData)
    assert [(layer.cell, layer.units) for layer in config.model.layers] == [("lstm", 64), ("gru", 10)]
    assert config.model.layers[1].recurrent_initializer.kind == "glorot_uniform"
    assert config.loss == HuberLoss(kind="huber", delta=1.0)
    assert config.optimizer == Adam(kind="adam", learning_rate=0.001, epsilon=1e-8)
    scheduled = _load(
        tmp_path, "data: dummy\noptimizer: {kind: adam, learning_rate: {kind: cosine, initial_learning_rate: 1}}"
    )
    assert scheduled.optimizer.learning_rate == CosineSchedule(kind="cosine", initial_learning_rate=1.0)


def test_the_name_is_the_files_unless_it_is_given(tmp_path: Path) -> None:
    assert _load(tmp_path, "data: dummy\n").name == "my run"
    assert _load(tmp_path, "data: dummy\nname: other\n").name == "other"
    long = tmp_path / ("n" * 150 + ".yaml")
    long.write_text("data: dummy\n")
    assert load_config(long).name == "n" * 100
    hidden = tmp_path / ".hidden"
    hidden.write_text("data: dummy\n")
    assert load_config(hidden).name == "hidden"


def test_paths_are_relative_to_the_file_that_they_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "configs").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    file = Path("../configs/c.yaml")
    file.write_text(CSV % "../data/d.csv")
    for config, expected in [
        (load_config(file), tmp_path / "data" / "d.csv"),
        (load_config(file, ["data.path=../d.csv"]), tmp_path / "d.csv"),
        (load_config(file, ["data.path=/abs/d.csv"]), Path("/abs/d.csv")),
        (
            load_config(file, ["data={kind: csv, path: d.csv, target: [y], window: {length: 3}}"]),
            Path("d.csv").absolute(),
        ),
    ]:
        assert isinstance(config.data, CsvData)
        assert config.data.path == expected


def test_a_path_may_start_at_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    config = _load(tmp_path, CSV % "~/d.csv")
    assert isinstance(config.data, CsvData)
    assert config.data.path == tmp_path / "me" / "d.csv"


def test_an_empty_path_is_a_fault(faults: Faults) -> None:
    assert faults(CSV % "''") == [
        "c.yaml:1:25: data.path: '' names no file; write the path of one, relative to the config file"
    ]


def test_loading_imports_neither_tensorflow_nor_polars_nor_numpy(root: Path) -> None:
    code = (
        "import sys, rnnctl; rnnctl.load_config('configs/adding.yaml', ['seed=3']);"
        "print(sorted({'tensorflow', 'keras', 'polars', 'numpy', 'click', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["sgd", "x", "", "1", "kind", "\0", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["kind", "units", "gain", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
_PLACES = st.sampled_from(
    [
        *("name", "seed", "data", "data.kind"),
        *("data.split", "data.split.test", "data.path", "model.layers"),
        *("model.layers.0", "model.layers.0.cell", "model.layers.0.units", "model.layers.0.kernel_initializer"),
        *("model.layers.0.kernel_initializer.kind", "model.layers.0.dropout", "model.head", "loss"),
        *("loss.delta", "optimizer", "optimizer.learning_rate", "optimizer.kind"),
        *("training.early_stopping", "training.steps", "gradients.through_time", "extra"),
    ]
)


@settings(deadline=None)
@given(_PLACES, _VALUES)
def test_any_value_anywhere_loads_or_is_told_in_our_own_words(place: str, value: object) -> None:
    import yaml

    text = yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("\n...\n").strip()
    try:
        load_config(None, [f"{place}={text}"])
    except ConfigError as error:
        told = str(error)
    else:
        told = ""
    for foreign in ("Input should", "union", "pydantic", "validation error", "tuple", "None", "Traceback"):
        assert foreign not in told


def test_infinity_and_nan_are_refused_wherever_a_number_stands(faults: Faults) -> None:
    for bad in (".inf", "-.inf", ".nan", "1e999"):
        shown = str(float(bad.replace(".", "")))
        (told,) = faults(f"data: {{kind: sine, noise: {bad}}}\n")
        assert told == f"c.yaml:1:27: data.noise: {shown} is not a finite number; allowed: a number of 0 or more"
        assert not math.isfinite(float(shown))
