"""The README says what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from readme import README, shown_blocks

from rnnctl.cli.main import rnnctl

TEXT = README.read_text(encoding="utf-8")
HELP = {command: shown for command, shown in shown_blocks(TEXT).items() if command.endswith("--help")}


@pytest.mark.parametrize("command", HELP)
def test_a_help_text_in_the_readme_is_the_programs_own(command: str) -> None:
    # Click leaves two characters of its eighty free, in a terminal or a pipe.
    result = CliRunner().invoke(rnnctl, command.split()[1:], terminal_width=78, prog_name="rnnctl")
    assert HELP[command].rstrip() == result.output.rstrip()


def test_the_explanation_in_the_readme_is_the_programs_own() -> None:
    command = "rnnctl inspect-gradients --explain"
    result = CliRunner().invoke(rnnctl, command.split()[1:])
    assert shown_blocks(TEXT)[command].rstrip() == result.output.rstrip()


def test_every_command_has_its_help_in_the_readme() -> None:
    listed = set(rnnctl.list_commands(None))  # type: ignore[arg-type]
    assert {command.split()[1] for command in HELP if command != "rnnctl --help"} == listed


def test_a_config_shown_in_the_readme_is_the_shipped_one(root: Path) -> None:
    shown = re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert shown
    for path, text in shown:
        assert text == (root / path).read_text(encoding="utf-8")
        assert yaml.safe_load(text)
