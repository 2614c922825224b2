"""The value of an unquoted YAML scalar: ``1e-3`` is a number, ``no`` a word.

Close to YAML 1.2's core schema; unlike it, ``010`` is 10, and ``10_000`` is ten thousand.
"""

from __future__ import annotations

import re

Scalar = None | bool | int | float | str

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?(?:[0-9]{1,400}|[1-9][0-9]{0,2}(?:_[0-9]{3}){1,100})")
_BASED = re.compile(r"0x[0-9a-fA-F]{1,400}|0o[0-7]{1,400}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def plain_value(text: str) -> Scalar:
    """The value of an unquoted scalar.

    Args:
        text: The scalar as it stands in the file.

    Returns:
        None, a bool, an int, a float (infinite or NaN where written so, or too large) or the text itself.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)  # Python's int() reads 010 as 10 and 10_000 as 10000
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    return text
