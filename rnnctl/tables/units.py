"""Units of one family, which differ by a power of ten: kW and MW, µg/m³ and mg/m³; and K and M, as of volumes."""

from __future__ import annotations

import re

_PREFIXES = {"n": -9, "µ": -6, "μ": -6, "u": -6, "m": -3, "c": -2, "d": -1, "": 0, "h": 2, "k": 3, "K": 3}
_PREFIXES |= {"M": 6, "G": 9, "T": 12}
_BASES = "W|Wh|Wp|VA|VAh|var|varh|V|A|Ah|Hz|Pa|bar|J|g|m|L|l|s|N|Ω|F|eV|cal|bit|Bq|Sv|Gy|mol"
"""Units that take prefixes. Not bytes, of which a kB may be 1000 or 1024; nor tonnes, whose mt is metric as well."""
_COUNTS = {"k": 3, "K": 3, "M": 6, "B": 9, "bn": 9}
"""Words that stand alone for thousands, millions and billions."""
_FORM = re.compile(rf"({'|'.join(_PREFIXES)})({_BASES})((?:/.+)?)")
_FARTHEST = 6
"""Powers of ten beyond which two units of a family are more likely a slip, such as mW for MW."""


def multiples_of(unit: str) -> dict[str, int]:
    """Units of the same family, each with the power of ten that makes it the given one; none of another unit."""
    found = _FORM.fullmatch(unit)
    if unit in _COUNTS:
        powers = {other: power - _COUNTS[unit] for other, power in _COUNTS.items()}
    elif found is None:
        return {}
    else:
        powers = {f"{prefix}{found[2]}{found[3]}": power - _PREFIXES[found[1]] for prefix, power in _PREFIXES.items()}
    return {other: power for other, power in powers.items() if other != unit and abs(power) <= _FARTHEST}
