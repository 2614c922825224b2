"""Where everything that commands write goes out: what a terminal cannot show, or should not, is written otherwise."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rnnctl.util.printing import in_json, printable

STAND_INS = {
    **{"→": "->", "←": "<-", "×": "x", "÷": "/", "⊙": "*", "±": "+-", "−": "-", "–": "-", "—": "-", "·": "|"},
    **{"…": "...", "∂": "d", "Δ": "D", "Σ": "sum ", "δ": "delta", "ε": "eps", "θ": "theta", "κ": "kappa"},
    **{
        "α": "alpha",
        "β": "beta",
        "γ": "gamma",
        "λ": "lambda",
        "π": "pi",
        "ρ": "rho",
        "σ": "sigma",
        "τ": "tau",
        "φ": "phi",
        "μ": "u",
        "µ": "u",
    },
    **{"ŷ": "y^", "ĉ": "c^", "ĥ": "h^", "ḡ": "g_", "ȳ": "y_", "′": "'", "ᵀ": "^T", "ᵢ": "_i", "‖": "||", "√": "sqrt "},
    **{
        "²": "^2",
        "³": "^3",
        "⁶": "^6",
        "½": "1/2",
        "¼": "1/4",
        "¾": "3/4",
        "⁻": "^-",
        "≈": "~",
        "≠": "!=",
        "≤": "<=",
        "≥": ">=",
        "␣": "_",
    },
    **{"⌈": "ceil(", "⌉": ")", "⌊": "floor(", "⌋": ")", "∫": "integral ", "\u0302": "^", "¼": "1/4", "¾": "3/4"},
    **{"‘": "'", "’": "'", "“": "'", "”": "'", "●": "o", "─": "-", "│": "|", "└": "`", "├": "|"},
    **{"Ω": "Ohm", "€": "EUR", "£": "GBP", "¥": "JPY"},
    **dict(zip("▁▂▃▄▅▆▇█", "_.,-=+*#", strict=True)),
    **dict(zip("░▒▓", ".:#", strict=True)),
    **{chr(ord("₀") + digit): str(digit) for digit in range(10)},
}
"""ASCII for the signs that rnnctl writes, where a terminal's encoding has none."""

_STEERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters, line ends and marks that turn text around; not the tab, LF, CR, and the ESC of colours."""

_STEERS_FILE = re.compile(_STEERS.pattern.replace("\x1c-\x1f", "\x1b-\x1f"))
"""The same with ESC, which is never written to what is no terminal."""

_BRAILLE = range(0x2800, 0x2900)
_DENSITY = " ..::::##"
"""By the dots of a sign of Braille, of which plots are made."""

_FRAMES = range(0x2500, 0x2580)

_ERRORS = "rnnctl-stand-in"


def stand_in(char: str) -> str:
    """ASCII for a character: of our own signs one that reads alike, of all others its code."""
    if ord(char) in _BRAILLE:
        return _DENSITY[(ord(char) - _BRAILLE.start).bit_count()]
    if char not in STAND_INS and ord(char) in _FRAMES:
        import unicodedata  # help does without

        name = unicodedata.name(char)
        return "-" if name.endswith("HORIZONTAL") else "|" if name.endswith("VERTICAL") else "+"
    return STAND_INS.get(char) or char.encode("ascii", "backslashreplace").decode()


def _on_error(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(stand_in, error.object[error.start : error.end])), error.end


codecs.register_error(_ERRORS, _on_error)


class Screen:
    """A stream of text in front of another one; it says UTF-8 of itself, and writes what the other can take."""

    encoding = "utf-8"

    def __init__(self, inner: TextIO) -> None:
        self._inner = inner
        name = getattr(inner, "encoding", None) or "utf-8"
        self._narrow = None if codecs.lookup(name).name.startswith("utf") else name
        self._steers = _STEERS if inner.isatty() else _STEERS_FILE

    def __getattr__(self, name: str) -> Any:
        """All else is the other stream's."""
        return getattr(self._inner, name)

    def write(self, text: str) -> int:
        """Writes a text."""
        shown = self._steers.sub(lambda found: printable(found[0]), text)
        if self._narrow is not None:
            shown = in_json(shown, ascii_only=True) if shown.startswith("{") else shown  # stays JSON
            shown = shown.encode(self._narrow, _ERRORS).decode(self._narrow)
        self._inner.write(shown)
        return len(text)


@contextmanager
def screens() -> Iterator[None]:
    """Puts a `Screen` in front of standard output and error for the duration of a ``with`` block."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (Screen(stream) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def open_closed_streams() -> None:
    """Opens standard input, output and error on nothing where they are closed (``>&-``).

    A file that the command opens would otherwise take their place, and whatever writes to them would write into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
