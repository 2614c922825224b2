"""Names of time zones."""

from __future__ import annotations

import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, Field

_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
_PATTERN = f"^({'|'.join(_REGIONS)}).+$"


def is_region(name: str) -> bool:
    """Whether a name is that of a zone of the world: Polars panics at others, such as localtime."""
    return name.startswith(_REGIONS)


def _is_a_zone(name: str) -> str:
    if not is_region(name) or name not in zoneinfo.available_timezones():
        raise ValueError("is no time zone; write one such as Europe/Berlin or America/New_York")
    return name


Zone = Annotated[str, AfterValidator(_is_a_zone), Field(json_schema_extra={"pattern": _PATTERN})]
"""A time zone, such as ``Europe/Berlin``."""
