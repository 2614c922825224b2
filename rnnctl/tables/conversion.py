"""Conversion of files to stored columns, piece by piece; an interrupted conversion continues.

Every piece is written as an Arrow file, and after it the state: the pieces' checksums, and how far the input was read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rnnctl.tables.frames import by_place
from rnnctl.tables.stored_columns import Checksums, checksums, damage
from rnnctl.tables.table_files import Piece, TableFile, TableFiles
from rnnctl.util.sealed_json import read_sealed, write_sealed

STATE = "state.json"


@dataclass(slots=True)
class State:
    """Progress of a conversion.

    Attributes:
        pieces: The pieces that were written, by file name.
        forms: How columns of times and dates are written.
        parts: The files that were read to their end; see `Part.to_json`.
        end: How far the next file was converted; see `Piece`.
        crc: Its checksum up to there.
        rows: Its rows up to there.
        spans: See `Part`; up to there.
    """

    pieces: Checksums = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    end: int = 0
    crc: int = 0
    rows: int = 0
    spans: list[list[int]] = field(default_factory=list)


class Conversion:
    """Converts files to pieces in a folder; continues a conversion that was interrupted there."""

    def __init__(self, folder: Path, files: TableFiles, tell: Callable[[float], None]) -> None:
        self._folder, self._files, self._tell = folder, files, tell
        self.state = self._load()

    def run(self) -> State:
        """Converts what is left.

        Raises:
            DataError: A file cannot be read as the config asks.
            OSError: The folder cannot be written.
        """
        self._tell(0.0)
        while not self._run():
            self.state = State()
        return self.state

    def _load(self) -> State:
        try:
            state = State(**read_sealed(self._folder / STATE))
            return State() if damage(self._folder, state.pieces) else state
        except (OSError, TypeError):
            return State()

    def _save(self) -> None:
        write_sealed(self._folder / STATE, asdict(self.state), shared=False)

    def _run(self) -> bool:
        """Converts what is left; False where the files differ from those of the state."""
        files = self._files.open(dict(self.state.forms))
        total = sum(file.path.stat().st_size for file in files)
        done = 0
        for place, file in enumerate(files):
            if place >= len(self.state.parts) and not self._file(file, done, total):
                return False
            done += file.path.stat().st_size
        return True

    def _file(self, file: TableFile, before: int, total: int) -> bool:
        converted = (self.state.end, self.state.crc)
        reached = not self.state.end
        file.spans = self.state.spans
        for piece in file.pieces():
            if reached:
                self._piece(file, piece)
            elif piece.end >= self.state.end:
                reached = (piece.end, piece.crc) == converted
                if not reached:
                    return False
            self._tell(min(1.0, (before + piece.position) / total))
        self.state.parts.append(file.part(self.state.rows).to_json())
        self.state.end = self.state.crc = self.state.rows = 0
        self.state.spans = []
        self._save()
        return True

    def _piece(self, file: TableFile, piece: Piece) -> None:
        frame = file.typed(piece.read(), self.state.rows)
        self.state.rows += frame.height
        if file.faulty:  # the rest is read for its faults alone
            return
        name = f"{len(self.state.pieces)}.arrow"
        by_place(frame).write_ipc(self._folder / name)
        self.state.pieces |= checksums(self._folder, [name])
        self.state.end, self.state.crc, self.state.forms = piece.end, piece.crc, dict(file.forms)
        self._save()
