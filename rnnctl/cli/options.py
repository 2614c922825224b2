"""Arguments and options that several commands share, each defined once."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import click

from rnnctl.cli.completing import ConfigPath, RunPath
from rnnctl.util.suggest import nearest

Function = TypeVar("Function", bound=Callable[..., Any])

FILE = click.Path(path_type=Path)


class Amount(click.FloatRange):
    """A number within limits; NaN, which no limit keeps out, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Reads it."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value} is no number.", param, ctx)
        return number


def writable(ctx: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """The path of a page that is to be written: an error comes before the work, not after it."""
    if path is not None and not ctx.resilient_parsing:
        from rnnctl.runs.run_files import check_output

        check_output(path)
    return path


config_argument = click.argument("config", required=False, type=ConfigPath())
"""``[CONFIG]``: the YAML file; the built-in first example where there is none."""

run_argument = click.argument("run", type=RunPath(path_type=Path))
"""``RUN``: a run folder."""

set_option = click.option(
    "--set",
    "overrides",
    metavar="KEY=VALUE",
    multiple=True,
    help="Override a value of the config, such as optimizer.learning_rate=0.1. Repeatable.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON lines to stdout, and nothing else.")
html_option = click.option(
    "--html", metavar="FILE", type=FILE, callback=writable, help="Write a page that opens offline, too."
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Show the summary alone.")
every_option = click.option(
    "--every",
    type=click.IntRange(min=1),
    metavar="N",
    help="Show a line per N steps; a pipe or file gets at most 500 lines by default.",
)
force_option = click.option("--force", is_flag=True, help="Write over a file that is there.")


def runs_argument(metavar: str) -> Callable[[Function], Function]:
    """``RUN...``: one or more run folders."""
    return click.argument("runs", nargs=-1, required=True, type=RunPath(path_type=Path), metavar=metavar)


def interval_option(what: str) -> Callable[[Function], Function]:
    """``--interval``: levels in percent, which ``rnnctl.scoring.conformal.interval_levels`` reads."""
    told = f"{what}, such as 80. Repeatable."
    return click.option("--interval", metavar="PERCENT", multiple=True, help=told)


def engine_option(function: Function) -> Function:
    """``--engine``: a word of the table of engines, which other commands do not import."""
    from rnnctl.engines.table import AUTO, ENGINES, use_one_thread

    def one_thread(_: click.Context, __: click.Parameter, word: str) -> str:
        use_one_thread()
        return word

    told = "What computes the network; auto is NumPy where that takes a second at most."
    words = click.Choice([AUTO, *ENGINES])
    option = click.option("--engine", type=words, default=AUTO, show_default=True, callback=one_thread, help=told)
    return option(function)


def length_options(how_far: str) -> Callable[[Function], Function]:
    """``--steps`` and ``--epochs``; in their help, ``{}`` stands for the unit."""

    def decorate(function: Function) -> Function:
        for unit in ("epochs", "steps"):
            function = click.option(f"--{unit}", type=click.IntRange(min=1), help=how_far.format(unit))(function)
        return function

    return decorate


def chosen(option: str, text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The words of a text with commas, each once; raises a UsageError where one is not allowed."""
    words = tuple(dict.fromkeys(word.strip().casefold().replace(" ", "-") for word in text.split(",")))
    for word in words:
        if word not in allowed:
            near = nearest(word, allowed)
            meant = f"did you mean {near!r}? " if near else ""
            listed = ", ".join(allowed)
            raise click.UsageError(f"{option}: there is no {word!r}; {meant}allowed, separated by commas: {listed}.")
    return words


def only_one(**given: object) -> None:
    """Raises a UsageError where several options that exclude each other are given."""
    names = [f"--{name}" for name, value in given.items() if value]
    if len(names) > 1:
        raise click.UsageError(f"{' and '.join(names)} are both given; keep one of them.")
