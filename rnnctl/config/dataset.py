"""From a config to its `Dataset`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rnnctl.config.schema import Config
from rnnctl.errors import DataError, is_panic, panic_error
from rnnctl.util.memory import available_bytes, in_words

if TYPE_CHECKING:
    from rnnctl.data.dataset import Dataset
    from rnnctl.tables.table import Table


def load_dataset(config: Config, inspect: Callable[[Table], None] | None = None) -> Dataset:
    """Loads or makes the data that a config describes.

    Args:
        config: The config, with names of columns in place of patterns (``config.data.with_names()``); its paths are
            absolute or relative to the working folder.
        inspect: Called with a table's columns before they are made into sequences.

    Returns:
        The dataset. The same config gives the same dataset, to the last bit.

    Raises:
        DataError: The data cannot be used as the config asks, or does not fit into memory.
    """
    data, per_step = config.data, config.model.return_sequences
    needed, available = 2 * data.bytes_needed(per_step=per_step), available_bytes()  # two copies for a moment
    if available is not None and needed > available:
        raise DataError(
            f"data: {data.kind} of this size needs {in_words(needed)} of memory and {in_words(available)} are "
            "available; make data.sequences or the sequences' size smaller"
        )
    try:
        dataset = data.load(seed=config.seed, per_step=per_step, inspect=inspect)
    except BaseException as error:
        if not is_panic(error):
            raise
        raise panic_error(str(getattr(data, "path", "data")), error) from None
    return dataset.with_quantiles(config.loss.levels)
