from __future__ import annotations

import pytest

from rnnctl.config import FIRST_STEP, Config
from rnnctl.data import Signature
from rnnctl.errors import ConfigError
from rnnctl.model.footprint import check_training_fits, training_bytes


def test_the_estimate_of_the_first_example_is_the_sum_done_by_hand() -> None:
    weights = 64 * (32 + 64 + 1)
    activations = 32 + 64 * 3
    assert training_bytes(FIRST_STEP, Signature.of_numbers(32, 64, 10), 10) == 4 * (3 * weights + 32 * 10 * activations)


def test_a_batch_larger_than_the_data_counts_as_large_as_the_data() -> None:
    large, same = (
        Config.model_validate({"data": {"kind": "dummy"}, "training": {"batch_size": size}}) for size in (10**9, 32)
    )
    numbers = Signature.of_numbers(32, 64, 10)
    assert training_bytes(large, numbers, 10, sequences=32) == training_bytes(same, numbers, 10)
    check_training_fits(large, numbers, 10, sequences=32)


def test_a_model_that_cannot_fit_in_memory_is_told_before_it_is_built() -> None:
    layers = [{"cell": "lstm", "units": 10**6}]
    config = Config.model_validate({"data": {"kind": "dummy"}, "model": {"layers": layers}})
    with pytest.raises(ConfigError, match=r"run: model: training needs at least .* TB of memory and .* are available"):
        check_training_fits(config, Signature.of_numbers(1, 1, 10), 10)
