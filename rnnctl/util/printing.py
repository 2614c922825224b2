"""Text of files as it can be shown: characters that steer a terminal, or turn the text around, spelt out."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text with every character but the newline that is no sign spelt out, so that no file steers the terminal.

    Such as ESC, DEL, U+0085, U+2028 and U+202E: ``\x1b``, ``\x7f``, ``\x85``, ``\u2028``, ``\u202e``. Python, JSON
    (beyond U+00FF) and a text in double quotes of YAML read these as the character again.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char == "\n" or char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


def visible(name: str) -> str:
    r"""A name in one line of which something is seen: a line break is ``\n``, and spaces alone are ``␣``."""
    plain = printable(name).replace("\n", "\\n")
    return plain if plain.strip() else plain.replace(" ", "␣")


def in_json(text: str, *, ascii_only: bool = False) -> str:
    r"""JSON with every such character of its texts as JSON writes it: ``\u0085``, ``\u202e``, surrogates in pairs.

    Args:
        ascii_only: Whether everything beyond ASCII is written so.
    """
    if text.isprintable() and not (ascii_only and not text.isascii()):
        return text
    return "".join(
        char if char == "\n" or (char.isprintable() and not (ascii_only and not char.isascii())) else _json_escape(char)
        for char in text
    )


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
