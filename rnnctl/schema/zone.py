"""Names of time zones."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_REGIONS = "Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific"
_PATTERN = f"^({_REGIONS})(/[A-Za-z0-9_+-]+)+$"


def is_region(name: str) -> bool:
    """Whether a name is like that of a zone of the world: Polars panics at others, such as localtime."""
    return re.fullmatch(_PATTERN, name) is not None


def _is_a_zone(name: str) -> str:
    if not is_region(name):
        raise ValueError("is no time zone; write one such as Europe/Berlin or America/New_York")
    return name


Zone = Annotated[str, AfterValidator(_is_a_zone), Field(json_schema_extra={"pattern": _PATTERN})]
"""A name like that of a time zone; which there are depends on the machine."""
