from __future__ import annotations

import pytest

from rnnctl.config import Config
from rnnctl.training import batch_parts
from rnnctl.training.batch_parts import choose_parts, step_operations


def config(**layer: object) -> Config:
    return Config.model_validate(
        {"data": {"kind": "dummy"}, "model": {"layers": [{"cell": "lstm", "units": 128, **layer}]}}
    )


@pytest.fixture(autouse=True)
def _four_cores(monkeypatch):
    monkeypatch.setattr(batch_parts, "usable_cpus", lambda: 4)
    monkeypatch.setattr(batch_parts.backend, "device_name", lambda: "CPU")


def test_operations_are_those_of_the_products_counted_by_hand():
    first = config(cell="simple_rnn", units=8)
    # x W and its weight gradient, h U, its weight gradient and its way back.
    assert step_operations(first, 3, 5, 2) == 2 * (2 * 5 * 3 * 8) * 2 + 3 * (2 * 5 * 8 * 8) * 2


@pytest.mark.parametrize(
    ("time_steps", "batch", "expected"),
    [(100, 64, 4), (100, 40, 2), (100, 17, 1), (5, 64, 1)],
    ids=["heavy", "few sequences", "too few sequences", "light"],
)
def test_a_batch_is_split_where_that_pays(time_steps, batch, expected):
    assert choose_parts(config(), 16, time_steps, batch) == expected


@pytest.mark.parametrize("layer", [{"dropout": 0.1}, {"recurrent_dropout": 0.1}])
def test_a_batch_with_dropout_is_never_split(layer):
    assert choose_parts(config(**layer), 16, 100, 64) == 1


def test_a_batch_is_never_split_on_a_gpu(monkeypatch):
    monkeypatch.setattr(batch_parts.backend, "device_name", lambda: "some GPU")
    assert choose_parts(config(), 16, 100, 64) == 1
