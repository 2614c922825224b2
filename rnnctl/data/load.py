"""From a config's data section to a `Dataset`: a table of kinds. Knows no kind's inner workings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset
from rnnctl.data.dummy import load_dummy
from rnnctl.data.footprint import check_data_fits
from rnnctl.data.patterns import with_names
from rnnctl.data.synthetic import load_adding, load_copy, load_sine
from rnnctl.data.tables import load_table
from rnnctl.data.text_file import load_text
from rnnctl.schema.table import CsvData, ParquetData

KINDS: dict[str, Callable[[Any, Config], Dataset]] = {
    "dummy": load_dummy,
    "adding": load_adding,
    "copy": load_copy,
    "sine": load_sine,
    "text": load_text,
}
"""Loader of each ``data.kind``; it receives the data section and the whole config."""


def load_dataset(config: Config) -> Dataset:
    """Loads or makes the data that a config describes.

    Args:
        config: The config; its paths are absolute or relative to the working folder.

    Returns:
        The dataset. The same config gives the same dataset, to the last bit.

    Raises:
        DataError: The data cannot be used as the config asks.
        ConfigError: The columns that patterns stand for do not go together.
    """
    check_data_fits(config)
    data = with_names(config.data)
    if isinstance(data, CsvData | ParquetData):
        return load_table(data, seed=config.seed, per_step=config.model.return_sequences)
    return KINDS[data.kind](data, config)
