from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import TypeAdapter
from small import small_config

from rnnctl.errors import ConfigError
from rnnctl.model.describe import check_outputs, describe_cells, describe_optimizer
from rnnctl.optimizers import AnyOptimizer


def test_layers_are_told_from_input_to_output():
    layers = [{"cell": "gru", "units": 32}, {"cell": "lstm", "units": 16, "bidirectional": True}, "simple_rnn"]
    assert describe_cells(small_config(model={"layers": layers})) == "GRU 32 + bidirectional LSTM 16 + SimpleRNN 64"


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"kind": "sgd", "learning_rate": 0.01}, "sgd 0.01"),
        ({"kind": "adamw", "learning_rate": 1e-5}, "adamw 1e-05"),
        (
            {"kind": "adam", "learning_rate": {"kind": "cosine", "initial_learning_rate": 0.001}},
            "adam cosine from 0.001",
        ),
    ],
)
def test_an_optimizer_is_told_by_its_kind_and_rate(section, words):
    assert describe_optimizer(TypeAdapter(AnyOptimizer).validate_python(section)) == words


def test_a_last_layer_that_does_not_fit_the_data_is_an_error_that_says_both_widths():
    data = {"kind": "adding", "sequences": 10}
    config = small_config(data=data, model={"layers": [{"cell": "gru", "units": 1}], "head": "none"})
    check_outputs(config, 1)
    with pytest.raises(
        ConfigError, match=r"small: model.head: the last layer gives 1 values and the data has 3 targets"
    ):
        check_outputs(config, 3)


def test_a_bidirectional_last_layer_gives_twice_its_units():
    layer = {"cell": "gru", "units": 2, "bidirectional": True}
    data = {"kind": "copy", "symbols": 3}
    config = small_config(data=data, model={"layers": [layer], "head": "none", "return_sequences": True})
    check_outputs(config, 4)
    with pytest.raises(ConfigError, match="gives 4 values"):
        check_outputs(config, 2)


def test_with_a_head_any_number_of_targets_fits():
    check_outputs(small_config(), 17)


def test_no_framework_is_imported(root):
    program = "import sys, rnnctl.model.describe; print({'tensorflow', 'keras'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
