"""Writing a generated table, the same bytes of text every time."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent
"""The folder that the tables lie in."""


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a CSV file with Unix line ends, gzipped where its name ends in ``.gz``.

    The gzip header holds no name and no time. What is inside depends on the rows alone; how small it is packed, on the
    machine's zlib too.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
