"""A command is an entry in `COMMANDS` and a module: this one, which adds one and edits nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.shell_completion import ShellComplete

from rnnctl.cli.commands import COMMANDS, Command
from rnnctl.cli.main import rnnctl, run
from rnnctl.cli.options import config_argument, json_option
from rnnctl.cli.output import write_json


@click.command()
@config_argument
@json_option
def count_layers(config: str | None, as_json: bool) -> int:
    """Count the recurrent layers of a config."""
    from rnnctl.config import load_config

    layers = len(load_config(config).model.layers)
    if as_json:
        write_json("layers", layers=layers)
    else:
        click.echo(f"{layers} of them")
    return 0


@pytest.fixture(autouse=True)
def _added() -> Iterator[None]:
    with COMMANDS.extended(Command("count-layers", "Count recurrent layers.", __name__)):
        yield


def test_it_runs_and_writes_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count-layers"]) == 0
    assert capsys.readouterr().out == "1 of them\n"
    assert run(["count-layers", "--json"]) == 0
    assert capsys.readouterr().out == '{"event": "layers", "layers": 1}\n'
    assert run(["count-layers", "--no-such-option"]) == 2


def test_it_stands_in_help_and_in_completion(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "  count-layers       Count recurrent layers.\n" in capsys.readouterr().out
    assert run(["count-layers", "--help"]) == 0
    assert "Count the recurrent layers of a config." in capsys.readouterr().out
    found = {item.value for item in ShellComplete(rnnctl, {}, "rnnctl", "_X").get_completions([], "count")}
    assert found == {"count-layers"}


def test_a_misspelt_one_is_told_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count-layer"]) == 2
    assert "There is no command 'count-layer'; did you mean 'count-layers'?" in capsys.readouterr().err
