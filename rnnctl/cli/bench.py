"""``rnnctl bench``."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from rnnctl.cli.options import config_argument, json_option, set_option
from rnnctl.cli.output import stdout_style, write_json
from rnnctl.util.progress import ProgressLine
from rnnctl.util.suggest import suggestion

PEERS = ("keras", "eager", "torch", "jax")


def _names(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Splits ``keras,torch`` at its commas."""
    if value is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    for name in names:
        if name not in PEERS:
            advice = suggestion(name, PEERS, "allowed are")
            raise click.BadParameter(f"{name!r} is nothing to compare with; {advice}", context, parameter)
    return names


@click.command()
@config_argument
@set_option
@click.option(
    "--against",
    metavar="NAMES",
    callback=_names,
    help="What to compare with, separated by commas: keras, eager and, from a checkout of rnnctl, torch and jax. "
    "By default all that there are.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1, max=3600),
    default=20.0,
    show_default=True,
    help="How long to measure; compiling comes on top.",
)
@json_option
def bench(
    config: str | None, overrides: tuple[str, ...], against: tuple[str, ...] | None, seconds: float, as_json: bool
) -> int:
    """Time this config's training step on this machine, beside other ways to take it.

    \b
    Examples:
      rnnctl bench                                        the built-in first example
      rnnctl bench configs/lstm.yaml --against keras
      rnnctl bench --set data.length=100 --seconds 60 --json

    Everyone starts from the same weights and trains on one batch with the config's loss and optimizer. All take turns,
    round by round; shown are the median of a step's time, its quartiles, and how long rnnctl takes for what takes the
    other 1. keras is fit, at its defaults and at the best of its options; eager is the GradientTape loop of tutorials,
    plain and as a tf.function. From a checkout of rnnctl also PyTorch and JAX, where they are installed (pip install
    'rnnctl[bench]'), and the floor: the step's own matrix products and activations, each timed alone. Leave the machine
    alone meanwhile.

    Exit codes: 0 done, 1 the first losses of some peer are not rnnctl's, so that it does not train the same.
    """
    from rnnctl.config import load_config
    from rnnctl.workflows.bench import bench as race

    line = ProgressLine(sys.stderr, redraw_seconds=0.0)
    report = race(
        load_config(config, overrides), against=against, seconds=seconds, tell=lambda now: line.draw(now + " …")
    )
    line.clear()
    if as_json:
        write_json("bench", **asdict(report), agrees=report.agrees)
    else:
        from rnnctl.cli.console.bench import bench_text

        click.echo(bench_text(report, stdout_style()))
    return 0 if report.agrees else 1
