"""``rnnctl bench``."""

from __future__ import annotations

import os
import sys

import click

from rnnctl.cli.options import config_argument, json_option, set_option

PEERS = ("keras", "eager", "torch", "jax")


def _names(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Splits ``keras,torch`` at its commas."""
    if value is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    for name in names:
        if name not in PEERS:
            from rnnctl.util.suggest import nearest

            meant = nearest(name, PEERS)
            advice = f"did you mean {meant!r}?" if meant else f"allowed are {', '.join(PEERS)}."
            raise click.BadParameter(f"{name!r} is nothing to compare with; {advice}", context, parameter)
    return names


def _tell(now: str) -> None:
    """Shows on stderr what happens now, in one line that the next one overwrites; nothing off a terminal."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        click.echo(f"\r\x1b[K{now}{' …' if now else ''}", nl=False, err=True)


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

    report = race(load_config(config, overrides), against=against, seconds=seconds, tell=_tell)
    _tell("")
    if as_json:
        from rnnctl.cli.json_reports import bench_line

        click.echo(bench_line(report), nl=False)
    else:
        from rnnctl.cli.console.bench import bench_text
        from rnnctl.cli.console.style import style_of

        click.echo(bench_text(report, style_of(sys.stdout)))
    return 0 if report.agrees else 1
