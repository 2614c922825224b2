"""Dummy data and the adding, copy and sine tasks hold their definitions in every sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.config.dataset import load_dataset
from rnnctl.config.first_step import FIRST_STEP
from rnnctl.config.schema import Config
from rnnctl.data import Batch, Dataset
from rnnctl.errors import DataError


def generate(seed: int = 0, *, return_sequences: bool = False, **data: Any) -> Dataset:
    """Loads generated data."""
    model = {"return_sequences": return_sequences}
    return load_dataset(Config.model_validate({"seed": seed, "data": data, "model": model}))


def everything(dataset: Dataset) -> Batch:
    """All sequences of the training split."""
    return dataset.train.gather(np.arange(len(dataset.train)))


def test_the_first_example_has_the_shapes_that_it_promises() -> None:
    dataset = load_dataset(FIRST_STEP)
    batch = everything(dataset)
    assert batch.inputs.shape == (32, 10, 32)
    assert batch.targets.shape == (32, 64)
    assert (batch.inputs.dtype, batch.targets.dtype, batch.mask) == (np.float32, np.float32, None)
    assert (dataset.validation, dataset.test) == (None, None)
    assert len(dataset.train.values) == 320


def test_dummy_numbers_are_standard_normal_and_inputs_tell_nothing_of_targets() -> None:
    batch = everything(generate(kind="dummy", sequences=2000, length=5, features=4, outputs=20))
    for numbers in (batch.inputs.ravel(), batch.targets.ravel()):
        assert abs(numbers.mean()) < 5 / np.sqrt(numbers.size)
        assert abs(numbers.std() - 1) < 5 / np.sqrt(2 * numbers.size)
        assert abs((np.abs(numbers) < 1).mean() - 0.6827) < 5 * 0.47 / np.sqrt(numbers.size)
    correlation = np.corrcoef(batch.inputs.reshape(2000, -1).T, batch.targets.T)[:20, 20:]
    assert np.abs(correlation).max() < 6 / np.sqrt(2000)


def test_dummy_targets_stand_at_each_time_step_where_the_model_answers_there() -> None:
    batch = everything(generate(kind="dummy", sequences=3, length=4, features=2, outputs=5, return_sequences=True))
    assert batch.targets.shape == (3, 4, 5)
    assert len(np.unique(batch.targets)) == 60


@settings(max_examples=30, deadline=None)
@given(length=st.integers(2, 40), seed=st.integers(0, 2**32 - 1))
def test_each_adding_target_is_the_sum_at_one_marker_in_each_half(length: int, seed: int) -> None:
    batch = everything(generate(seed, kind="adding", sequences=50, length=length))
    number, marker = batch.inputs[..., 0], batch.inputs[..., 1]
    assert batch.targets.shape == (40, 1)
    assert ((number >= 0) & (number < 1)).all()
    assert set(np.unique(marker)) <= {0, 1}
    assert (marker[:, : length // 2].sum(axis=1) == 1).all()
    assert (marker[:, length // 2 :].sum(axis=1) == 1).all()
    np.testing.assert_allclose((number * marker).sum(axis=1), batch.targets[:, 0], rtol=1e-6)


def test_always_answering_one_to_adding_has_the_error_of_the_literature() -> None:
    targets = everything(generate(kind="adding", sequences=20_000, length=10)).targets
    assert np.square(targets - 1).mean() == pytest.approx(1 / 6, rel=0.03)


def test_markers_of_adding_stand_at_every_time_step_about_equally_often() -> None:
    marker = everything(generate(kind="adding", sequences=20_000, length=10)).inputs[..., 1]
    np.testing.assert_allclose(marker.mean(axis=0), 0.2, atol=0.02)


@settings(max_examples=30, deadline=None)
@given(symbols=st.integers(2, 9), memory=st.integers(1, 7), delay=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_each_copy_sequence_asks_for_its_symbols_after_the_delimiter(
    symbols: int, memory: int, delay: int, seed: int
) -> None:
    dataset = generate(
        seed, kind="copy", sequences=20, symbols=symbols, memory=memory, delay=delay, return_sequences=True
    )
    batch = everything(dataset)
    assert batch.inputs.shape == (16, delay + 2 * memory, symbols + 2)
    assert batch.targets.shape == (16, delay + 2 * memory, symbols + 1)
    for one_hot in (batch.inputs, batch.targets):
        assert (np.sort(one_hot, axis=-1)[..., :-1] == 0).all()
        assert (one_hot.sum(axis=-1) == 1).all()
    seen, wanted = batch.inputs.argmax(axis=-1), batch.targets.argmax(axis=-1)
    blank, delimiter = symbols, symbols + 1
    for given_row, wanted_row in zip(seen.tolist(), wanted.tolist(), strict=True):
        word = given_row[:memory]
        assert max(word) < symbols
        assert given_row[memory:] == [blank] * (delay - 1) + [delimiter] + [blank] * memory
        assert wanted_row == [blank] * (delay + memory) + word


def test_a_sine_without_noise_obeys_its_recurrence_and_its_target_is_the_next_value() -> None:
    dataset = generate(kind="sine", sequences=20, length=30, period=12.0, noise=0.0)
    batch = everything(dataset)
    wave = np.concatenate([batch.inputs[..., 0], batch.targets], axis=1).astype(np.float64)
    expected = 2 * np.cos(2 * np.pi / 12) * wave[:, 1:-1] - wave[:, :-2]
    np.testing.assert_allclose(wave[:, 2:], expected, atol=1e-6)
    assert np.abs(wave).max() <= 1
    assert len(np.unique(wave[:, 0])) == 16


def test_the_noise_of_a_sine_has_the_asked_for_size() -> None:
    clean = everything(generate(kind="sine", sequences=500, noise=0.0)).inputs
    noisy = everything(generate(kind="sine", sequences=500, noise=0.3)).inputs
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.02)


def test_sine_targets_at_each_time_step_are_the_inputs_one_step_on() -> None:
    batch = everything(generate(kind="sine", sequences=10, length=7, return_sequences=True))
    assert batch.targets.shape == (8, 7, 1)
    np.testing.assert_array_equal(batch.targets[:, :-1], batch.inputs[:, 1:])


KINDS = [
    {"kind": "dummy", "split": {"validation": 0.25, "test": 3}},
    {"kind": "adding"},
    {"kind": "copy", "return_sequences": True},
    {"kind": "sine"},
]


@pytest.mark.parametrize("data", KINDS, ids=lambda data: data["kind"])
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(data: dict[str, Any]) -> None:
    one, again, other = (generate(seed, **data) for seed in (5, 5, 6))
    assert one.train.values.tobytes() == again.train.values.tobytes()
    assert one.train.targets.tobytes() == again.train.targets.tobytes()
    assert one.train.values.tobytes() != other.train.values.tobytes()
    assert one.train.targets.tobytes() != other.train.targets.tobytes()


@pytest.mark.parametrize("data", KINDS, ids=lambda data: data["kind"])
def test_the_splits_share_one_table_and_no_row_of_it(data: dict[str, Any]) -> None:
    dataset = generate(**data)
    taken: list[int] = []
    for part in (dataset.train, dataset.validation, dataset.test):
        assert part is not None
        assert part.values is dataset.train.values
        taken += [row for start in part.starts for row in range(start, start + part.length + part.horizon)]
    assert taken == list(range(len(dataset.train.values)))


def test_splits_of_generated_data_count_sequences() -> None:
    dataset = generate(kind="dummy", sequences=10, split={"validation": 0.25, "test": 2})
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test) if part] == [5, 3, 2]


def test_splits_that_leave_nothing_for_training_are_refused() -> None:
    with pytest.raises(DataError) as raised:
        generate(kind="dummy", sequences=4, split={"validation": 2, "test": 0.5})
    assert str(raised.value) == (
        "data.split: validation takes 2 and test 2 of 4 sequences, which leaves none for training; make "
        "data.split.validation or data.split.test smaller"
    )
