"""``rnnctl check``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from rnnctl.cli.options import set_option

if TYPE_CHECKING:
    from rnnctl.config import Config
    from rnnctl.data import Dataset


@click.command()
@click.argument("configs", nargs=-1, required=True, type=click.Path(), metavar="CONFIG...")
@set_option
def check(configs: tuple[str, ...], overrides: tuple[str, ...]) -> int:
    """Check configs and their data without training; tell every fault of all files.

    \b
    Examples:
      rnnctl check configs/sunspots.yaml
      rnnctl check configs/*.yaml
      rnnctl check configs/gru.yaml --set optimizer.learning_rate=0.1

    A good file gets a short summary on stdout; faults go to stderr, each as file:line:column: key: what is wrong.

    Exit codes: 0 all good, 2 some config is wrong, 3 every config is good and some data is not.
    """
    from rnnctl.cli.console.lines import named_lines
    from rnnctl.cli.console.style import printable, style_of
    from rnnctl.config import load_config
    from rnnctl.data import load_dataset
    from rnnctl.errors import ConfigError, DataError
    from rnnctl.model.describe import check_outputs

    style = style_of(sys.stdout)
    codes = set()
    for path in configs:
        try:
            config = load_config(path, overrides)
            dataset = load_dataset(config)
            check_outputs(config, dataset.train.outputs)
        except (ConfigError, DataError) as error:
            # A config's faults begin with its path already, a data file's with that file's.
            about_file = isinstance(error, ConfigError) or str(error).startswith(os.sep)
            click.echo(printable(str(error) if about_file else f"{path}: {error}"), err=True)
            codes.add(error.exit_code)
        else:
            click.echo(named_lines(path, summary_parts(config, dataset), style))
            for note in dataset.notes:
                click.echo(f"note: {printable(note)}", err=True)
    return min(codes, default=0)


def summary_parts(config: Config, dataset: Dataset) -> list[str]:
    """What a good config trains, in a few words each.

    Args:
        config: The config.
        dataset: Its data.
    """
    from rnnctl.model.describe import describe_cells, describe_optimizer
    from rnnctl.numbers import counted
    from rnnctl.training.plan import make_plan

    train = dataset.train
    parts = [] if config.name in ("", "run") else [config.name]
    parts += [describe_cells(config), config.loss.kind, describe_optimizer(config.optimizer)]
    for name in ("rows", "series"):
        found = dataset.facts.get(name)
        if isinstance(found, int):
            parts.append(counted(found, name.removesuffix("s") if name == "rows" else name, name))
    splits = {"train": train, "validation": dataset.validation, "test": dataset.test}
    sizes = " + ".join(f"{len(split):,} {name}" for name, split in splits.items() if split is not None)
    parts.append(f"{sizes} sequences" if "+" in sizes else counted(len(train), "sequence"))
    parts.append(f"{counted(train.length, 'time step')} × {counted(train.features, 'feature')}")
    parts.append(counted(train.outputs, "output"))
    parts.append(counted(make_plan(config.training, len(train), config.seed).total_steps, "step"))
    return parts
