"""How many of something a split takes. Knows neither tables nor files."""

from __future__ import annotations

from rnnctl.errors import DataError
from rnnctl.schema.split import Split


def share_count(share: float | int, total: int) -> int:
    """How many of ``total`` a share stands for.

    Args:
        share: A number of things (int), or a fraction below 1 (float), which is rounded to the nearest number, halves
            up; a fraction above zero takes at least one.
        total: How many there are.

    Returns:
        The count, which may exceed ``total`` where ``share`` is a whole number.
    """
    if isinstance(share, int):
        return share
    return max(1, int(share * total + 0.5)) if share > 0 else 0


def split_counts(split: Split, total: int, what: str) -> tuple[int, int, int]:
    """How many of ``total`` go to training, validation and test, in this order.

    Args:
        split: The config's shares.
        total: How many there are.
        what: What is counted, in the plural, for the error ("sequences").

    Returns:
        Counts for training, validation and test; their sum is ``total``.

    Raises:
        DataError: Nothing is left for training.
    """
    validation, test = share_count(split.validation, total), share_count(split.test, total)
    train = total - validation - test
    if train < 1:
        raise DataError(
            f"data.split: validation takes {validation:,} and test {test:,} of {total:,} {what}, which leaves none for "
            f"training; make data.split.validation or data.split.test smaller"
        )
    return train, validation, test
