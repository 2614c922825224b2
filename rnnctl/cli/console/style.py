"""What the terminal can do, and the few colours used there; plain text elsewhere and under ``NO_COLOR``."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rnnctl.util.printing import printable
from rnnctl.util.progress import is_terminal

PIPE_WIDTH = 120
"""Characters of a line where there is no terminal."""


@dataclass(frozen=True, slots=True)
class Style:
    """Characters of a line, whether the output is a terminal, and whether escape codes may be written."""

    width: int
    terminal: bool
    colour: bool

    def bold(self, text: str) -> str:
        """What a line is about."""
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def dim(self, text: str) -> str:
        """Context."""
        return f"\x1b[2m{text}\x1b[0m" if self.colour else text

    def worrying(self, text: str) -> str:
        """A verdict that asks for a change."""
        return f"\x1b[33m{text}\x1b[0m" if self.colour else text

    def bad(self, text: str) -> str:
        """A verdict that ends all training."""
        return f"\x1b[31m{text}\x1b[0m" if self.colour else text

    def good(self, text: str) -> str:
        """The best so far; a healthy network."""
        return f"\x1b[32m{text}\x1b[0m" if self.colour else text


def style_of(stream: TextIO) -> Style:
    """Looks at where a stream goes."""
    terminal = is_terminal(stream)
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if terminal else PIPE_WIDTH
    return Style(width=max(width, 20), terminal=terminal, colour=terminal and not os.environ.get("NO_COLOR"))


def one_line(text: str) -> str:
    """The text with line breaks spelt out too: a name or cell of a file."""
    return printable(text).replace("\n", "\\n")


def shown_path(path: Path) -> str:
    """A path as short as it can be told: relative where it lies in the current folder."""
    try:
        return printable(str(path.absolute().relative_to(Path.cwd())))
    except (ValueError, OSError):
        return printable(str(path))
