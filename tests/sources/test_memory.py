from __future__ import annotations

import pytest

from rnnctl.config import Config
from rnnctl.config.dataset import load_dataset
from rnnctl.errors import DataError
from rnnctl.util.memory import available_bytes, in_words

KINDS = [
    {"kind": "dummy", "sequences": 7, "length": 5, "features": 3, "outputs": 2},
    {"kind": "adding", "sequences": 30, "length": 6},
    {"kind": "sine", "sequences": 30, "length": 6},
]


def config(data: dict[str, object], *, each: bool = False) -> Config:
    return Config.model_validate({"data": data, "model": {"return_sequences": each}})


@pytest.mark.parametrize("data", KINDS, ids=lambda data: str(data["kind"]))
def test_the_estimate_is_the_size_of_the_tables_that_are_made(data: dict[str, object]) -> None:
    split = load_dataset(config(data)).train
    assert config(data).data.bytes_needed(per_step=False) == split.values.nbytes + split.targets.nbytes


def test_the_estimate_of_the_copy_task_is_the_size_of_its_tables() -> None:
    made = config({"kind": "copy", "sequences": 20, "symbols": 4, "memory": 2, "delay": 5}, each=True)
    split = load_dataset(made).train
    assert made.data.bytes_needed(per_step=True) == split.values.nbytes + split.targets.nbytes


def test_data_that_cannot_fit_in_memory_is_told_before_it_is_made() -> None:
    with pytest.raises(DataError, match=r"data: dummy of this size needs 80 TB of memory and .* are available; make"):
        load_dataset(config({"kind": "dummy", "sequences": 10**6, "length": 10**4, "features": 10**3}))


def test_the_memory_available_is_told_on_linux() -> None:
    assert (available_bytes() or 0) > 10**7


@pytest.mark.parametrize(
    ("amount", "words"), [(12, "12 bytes"), (1500, "1.5 kB"), (8 * 10**13, "80 TB"), (10**18, "1e+03 PB")]
)
def test_amounts_read_as_people_write_them(amount: int, words: str) -> None:
    assert in_words(amount) == words
