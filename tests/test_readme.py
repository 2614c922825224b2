"""The README says what the program says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

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


def _snippet(name: str) -> dict[Any, Any]:
    """A CI file as the README shows it; YAML's own idea of ``on`` (a boolean) is GitHub's too."""
    found = re.findall(rf"<!-- ci snippet: {name} -->\n```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert len(found) == 1
    read: dict[Any, Any] = yaml.safe_load(found[0])
    return read


def _is_rnnctls_own(line: str) -> bool:
    """Whether a command line is one that this program takes, its options included."""
    program, name, *arguments = shlex.split(line)
    command = rnnctl.get_command(None, name)  # type: ignore[arg-type]
    if program != "rnnctl" or command is None:
        return False
    command.make_context(name, arguments)
    return True


def test_the_github_workflow_installs_runs_smoke_and_keeps_what_it_writes() -> None:
    workflow = _snippet("github")
    assert workflow[True] == ["push", "pull_request"]
    steps = workflow["jobs"]["smoke"]["steps"]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in steps if "uses" in step)
    install, smoke = (step["run"] for step in steps if "run" in step)
    assert install == "pip install ."
    assert _is_rnnctls_own(smoke)
    assert steps[-1]["if"] == "always()"
    assert steps[-1]["with"]["path"] == shlex.split(smoke)[-1]


def test_the_gitlab_job_installs_runs_smoke_and_reports_what_it_writes() -> None:
    job = _snippet("gitlab")["smoke"]
    install, smoke = job["script"]
    assert install == "pip install ."
    assert _is_rnnctls_own(smoke)
    assert job["artifacts"] == {"when": "always", "reports": {"junit": shlex.split(smoke)[-1]}}
