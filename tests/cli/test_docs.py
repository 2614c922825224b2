"""``rnnctl docs``: topics, search, and what a wrong topic is told."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from rnnctl.cli import docs as module
from rnnctl.cli.main import rnnctl

TOPICS = {
    "ci",
    "commands",
    "config",
    "data",
    "design",
    "diagnose",
    "gradients",
    "performance",
    "python",
    "runs",
    "truth",
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rnnctl, ["docs", *arguments], standalone_mode=False)


def test_every_topic_is_listed_with_its_title() -> None:
    lines = run().stdout.splitlines()
    listed = [line for line in lines if line and not line.startswith("rnnctl")]
    assert {line.split()[0] for line in listed} == TOPICS
    for line in listed:
        topic, title = line.split(maxsplit=1)
        assert run(topic).stdout.startswith(f"# {title}\n")


def test_a_pipe_gets_markdown_without_comments() -> None:
    text = run("config").stdout
    assert "| `data` |" in text
    assert "<!--" not in text
    assert "\x1b" not in text


def test_a_terminal_gets_the_topic_laid_out_in_a_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    paged: list[str] = []

    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    class System:
        stdin = stdout = Terminal

    monkeypatch.setattr(module, "sys", System)
    monkeypatch.setattr(module.click, "echo_via_pager", paged.append)
    assert run("truth").return_value == 0
    (text,) = paged
    assert "Correctness" in text
    assert "|---|" not in text
    assert "\x1b[" in text


def test_a_search_names_topic_heading_and_line() -> None:
    text = run("--find", "INTERPOLATE").stdout
    assert "\ndata · Missing values\n" in text
    lines = run("data").stdout.splitlines()
    (number, line) = next(row.split(maxsplit=1) for row in text.splitlines() if "linear interpolation" in row)
    assert lines[int(number) - 1].strip() == line


def test_a_search_in_one_topic_reads_no_other() -> None:
    assert "runs ·" in run("--find", "checkpoint").stdout
    assert "runs ·" not in run("data", "--find", "checkpoint").stdout


def test_a_word_that_occurs_nowhere_is_reported_with_exit_code_1() -> None:
    result = run("ci", "--find", "zebra")
    assert result.return_value == 1
    assert result.stdout == ""
    assert result.stderr == "No line of ci contains 'zebra'.\n"


def test_a_misspelt_topic_is_a_usage_error_that_names_the_nearest() -> None:
    result = CliRunner().invoke(rnnctl, ["docs", "gradient"])
    assert result.exit_code == 2
    assert "There is no topic 'gradient'; did you mean 'gradients'?" in result.stderr
    result = CliRunner().invoke(rnnctl, ["docs", "zzz"])
    assert result.exit_code == 2
    assert "the topics are ci, commands, config" in result.stderr
