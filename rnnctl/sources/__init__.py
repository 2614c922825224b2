"""Data sources: one entry in `SOURCES` and one module each. Heavy packages are imported where data is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from rnnctl.schema.base import OneOf, ShortForm
from rnnctl.schema.data import DataSection, FileFormat
from rnnctl.sources.csv import CsvData
from rnnctl.sources.dummy import DummyData
from rnnctl.sources.parquet import ParquetData
from rnnctl.sources.synthetic import AddingData, CopyData, SineData
from rnnctl.sources.text import TextData
from rnnctl.util.registry import Registry


@dataclass(frozen=True, slots=True)
class Source:
    """A data source: its word, ``data.kind``, and its ``data`` section, which knows how to load it."""

    word: str
    section: type[DataSection]


SOURCES = Registry(
    "data source",
    [
        Source("dummy", DummyData),
        Source("adding", AddingData),
        Source("copy", CopyData),
        Source("sine", SineData),
        Source("csv", CsvData),
        Source("parquet", ParquetData),
        Source("text", TextData),
    ],
)
"""All data sources, by ``data.kind``, in the order in which the schema lists them."""

Data = Annotated[Annotated[DataSection, OneOf(SOURCES)], ShortForm()]
"""The ``data`` section of a config."""


def file_formats() -> tuple[FileFormat, ...]:
    """The formats of files that there are sources for."""
    formats = (source.section.file_format for source in SOURCES.values())
    return tuple(found for found in formats if found is not None)


def find_files(path: Path, wanted: FileFormat) -> tuple[Path, ...]:
    """The files that a path stands for, sorted by name; see `rnnctl.tables.data_files.find_files`.

    Raises:
        DataError: A folder holds none of that format, or nothing matches a pattern.
    """
    from rnnctl.tables.data_files import find_files

    return find_files(path, wanted, file_formats())
