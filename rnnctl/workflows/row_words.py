"""What the time from row to row is called, for sentences about forecasts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rnnctl.data import Dataset

BY_FREQUENCY = {
    "1h": "hour",
    "1d": "day",
    "24h": "day",
    "1b": "business day",
    "1w": "week",
    "7d": "week",
    "1mo": "month",
    "1q": "quarter",
    "3mo": "quarter",
    "12mo": "year",
    "1y": "year",
}
"""By ``data.frequency``."""

BY_DAYS = {1: "day", 7: "week", 365: "year", 366: "year"} | dict.fromkeys(range(28, 32), "month")
BY_DAYS |= dict.fromkeys(range(90, 93), "quarter")


def row_word(dataset: Dataset, time: Any) -> str:
    """What the time from row to row is called; empty where that is not known.

    Args:
        time: ``data.time``.
    """
    frequency = None if dataset.preparation is None else dataset.preparation.frequency
    if frequency is not None:
        return BY_FREQUENCY.get(frequency, "")
    times = dataset.order.times
    if times is None:
        return ""
    if not times.dtype.is_temporal():
        return "year" if isinstance(time, str) and time.lower() == "year" else ""
    apart = times.head(int(dataset.order.end[0])).diff().median()
    if not isinstance(apart, timedelta):
        return ""
    if apart == timedelta(hours=1):
        return "hour"
    return "" if apart.seconds else BY_DAYS.get(apart.days, "")
