"""A config with some of its keys changed, as ``--set`` would change them. Knows nothing of files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rnnctl.config.overrides import apply_overrides
from rnnctl.config.schema import Config
from rnnctl.config.yaml_reader import Document, Place
from rnnctl.errors import ConfigError


def as_overrides(changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Writes changes as ``--set`` takes them.

    Args:
        changes: Dotted paths of the config and their new values.

    Returns:
        Texts such as ``optimizer.global_clipnorm=1.0``; sections as ``{"kind": "orthogonal", "gain": 1.0}``.
    """
    return tuple(f"{path}={_text(value)}" for path, value in changes.items())


def with_changes(config: Config, changes: Mapping[str, Any]) -> Config:
    """Applies changes to a config.

    Args:
        config: The config; it stays as it is.
        changes: Dotted paths and their new values.

    Returns:
        The changed config, validated.

    Raises:
        ConfigError: A path cannot be written to.
        pydantic.ValidationError: The changed config is not valid.
    """
    # Only what was written down: a default that the old cell has and the new one lacks would be an unknown key.
    document = Document(config.model_dump(mode="json", exclude_unset=True), {(): Place("the config")})
    apply_overrides(document, as_overrides(changes))
    if document.faults:
        raise ConfigError(document.faults)
    return Config.model_validate(document.value)


def _text(value: Any) -> str:
    # A plain word needs no quotes; everything else is JSON, which is YAML too.
    return value if isinstance(value, str) else json.dumps(value)
