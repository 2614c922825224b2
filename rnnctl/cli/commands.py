"""The table of commands. A command is an entry here and a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import click

from rnnctl.util.registry import Registry


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        summary: Its line in ``rnnctl --help``.
        module: Where the Click command is, in a function of the word's name (``-`` as ``_``); empty for
            ``rnnctl.cli.WORD``. It is imported when the command is run, and imports no framework itself.
        foreign: What others call it.
    """

    word: str
    summary: str
    module: str = ""
    foreign: str = ""

    def load(self) -> click.Command:
        """Imports the module and returns the Click command."""
        name = self.word.replace("-", "_")
        command: click.Command = getattr(import_module(self.module or f"rnnctl.cli.{name}"), name)
        return command


COMMANDS = Registry(
    "command",
    [
        Command("init", "Write a commented config for a data file.", foreign="new create"),
        Command("train", "Train a network and see every step's loss and gradients.", foreign="fit learn run"),
        Command("resume", "Go on with a run where it stopped, to the same bits.", foreign="continue restart"),
        Command("verify", "Train a run again, and compare it bit for bit."),
        Command("evaluate", "Score a run beside baselines that need no network.", foreign="test eval score validate"),
        Command(
            "predict",
            "Predict with a run: future rows, classes, text.",
            foreign="forecast infer inference generate sample",
        ),
        Command("runs", "List runs, and how each stands.", foreign="list ls status history"),
        Command("compare", "Put runs side by side.", foreign="diff"),
        Command("report", "Write a page about runs that opens offline.", foreign="plot show summary view"),
        Command("diagnose", "Find out why a network does not learn, and what helps.", foreign="why debug doctor"),
        Command(
            "inspect-gradients",
            "Examine the gradients, per weight and through time.",
            foreign="inspect gradients examine",
        ),
        Command("forward", "Follow the forward pass in NumPy beside Keras."),
        Command("smoke", "Check every config in CI: a few steps, every property."),
        Command("bench", "Time this config's step beside Keras, PyTorch and JAX."),
        Command("check", "Find every fault of configs and their data.", foreign="lint"),
        Command("schema", "Print the JSON Schema that editors use."),
        Command("docs", "Read the documentation, or search it."),
        Command("completion", "Print what makes a shell complete commands and runs."),
    ],
)
"""In the order in which help lists them."""
