"""How much memory data that is made up will take, told before any of it is allocated."""

from __future__ import annotations

from pathlib import Path

from rnnctl.config.schema import Config
from rnnctl.errors import DataError
from rnnctl.schema.data import AddingData, CopyData, DummyData, SineData

_FLOAT = 4
"""Bytes of a float32."""


def data_bytes(config: Config) -> int:
    """Bytes of the table that a config's made-up data needs; 0 for data that is read from files."""
    match config.data:
        case DummyData() as data:
            steps = data.sequences * data.length
            targets = (steps if config.model.return_sequences else data.sequences) * data.outputs
            return _FLOAT * (steps * data.features + targets)
        case AddingData() as data:
            return _FLOAT * data.sequences * (2 * data.length + 1)
        case CopyData() as data:
            one_hot = (data.symbols + 2) + (data.symbols + 1)  # inputs know a delimiter, targets do not
            return _FLOAT * data.sequences * (data.delay + 2 * data.memory) * one_hot
        case SineData() as data:
            return _FLOAT * data.sequences * (data.length + 1) * 2
        case _:
            return 0


def available_bytes() -> int | None:
    """Bytes of memory that this process may still take: the machine's, or its control group's where that is less.

    Returns:
        None where the system does not tell.
    """
    known = [amount for amount in (_machine(), _control_group()) if amount is not None]
    return min(known) if known else None


def check_data_fits(config: Config) -> None:
    """Stops before data is made that the memory cannot hold.

    Args:
        config: The whole config.

    Raises:
        DataError: It does not fit; says how much it needs and how much there is.
    """
    # Making the numbers takes a second copy for a moment.
    needed, available = 2 * data_bytes(config), available_bytes()
    if available is not None and needed > available:
        raise DataError(
            f"data: {config.data.kind} of this size needs {in_words(needed)} of memory and "
            f"{in_words(available)} are available; make data.sequences or the sequences' size smaller"
        )


def in_words(amount: int) -> str:
    """An amount of memory as people write it, such as ``1.5 GB``."""
    units = ("bytes", "kB", "MB", "GB", "TB", "PB")
    power = min(len(str(amount)) // 3 if amount >= 1000 else 0, len(units) - 1)
    power -= 1 if amount < 1000**power else 0
    return f"{amount / 1000**power:.3g} {units[power]}"


def _machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _control_group() -> int | None:
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = (folder / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(limit) - int(used) if limit.isdigit() and used.isdigit() else None
