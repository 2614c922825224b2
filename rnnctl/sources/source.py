"""What an entry of the table of data sources is."""

from __future__ import annotations

from dataclasses import dataclass

from rnnctl.schema.data import DataSection


@dataclass(frozen=True, slots=True)
class Source:
    """A data source.

    Attributes:
        word: What ``data.kind`` is for it.
        section: Its ``data`` section, which knows how to load it.
    """

    word: str
    section: type[DataSection]
