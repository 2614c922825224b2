"""A text that is drawn anew again and again, on a screen of its own, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from rnnctl.cli.console.style import Style, style_of

SECONDS = 1.0


def watch(draw: Callable[[Style], str], out: TextIO, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Draws a text again every second, for the terminal's width, until Ctrl-C; what was drawn last stays."""
    console = Console(file=out, force_terminal=True, no_color=not style_of(out).colour)
    text = ""
    with suppress(KeyboardInterrupt), Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            text = draw(style_of(out))
            live.update(Text.from_ansi(text, no_wrap=True, overflow="ellipsis"), refresh=True)
            sleep(SECONDS)
    out.write(text + "\n")
    out.flush()
