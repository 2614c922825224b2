"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def config_argument(function: Function) -> Function:
    """``[CONFIG]``: the YAML file; the built-in first example where there is none."""
    return click.argument("config", required=False, type=click.Path())(function)


def set_option(function: Function) -> Function:
    """``--set key=value``, repeatable."""
    return click.option(
        "--set",
        "overrides",
        metavar="KEY=VALUE",
        multiple=True,
        help="Override a value of the config, such as optimizer.learning_rate=0.1. Repeatable.",
    )(function)


def json_option(function: Function) -> Function:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON lines to stdout, and nothing else.")(
        function
    )
