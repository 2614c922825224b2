"""README, CONTRIBUTING and ``rnnctl docs`` say what the program says."""

from __future__ import annotations

import re
import shlex
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from documentation import (
    DOCS,
    GENERATED,
    PAGES,
    QUICK,
    README,
    ROOT,
    examples_folder,
    generated_blocks,
    quick_output,
    shown_blocks,
)

from rnnctl.cli.main import rnnctl

RENEW = "renew it with: python tests/documentation.py"
SHOWN = [(page, command) for page in PAGES for command in shown_blocks(page) if QUICK.fullmatch(command)]


def _name(value: object) -> str:
    return value.name if isinstance(value, Path) else str(value)


@pytest.fixture(scope="module")
def outputs() -> dict[tuple[Path, str], str]:
    """What every quick command prints, each page's in turn in a folder of its own: one may read what another wrote."""
    printed = {}
    for page in PAGES:
        with examples_folder():
            printed |= {(page, command): quick_output(command) for other, command in SHOWN if other == page}
    return printed


@pytest.mark.parametrize(("page", "command"), SHOWN, ids=_name)
def test_a_shown_output_is_the_programs_own(page: Path, command: str, outputs: dict[tuple[Path, str], str]) -> None:
    assert shown_blocks(page)[command].rstrip() == outputs[page, command].rstrip(), RENEW


def _wording(text: str) -> list[str]:
    """The lines of an output without numbers and pictures: times, speed and last digits differ between machines."""
    text = re.sub(r", \d+ % of it waiting for batches", "", text)  # a busy machine's
    number = r"[\d.,]+(e[+-]?\d+)?( (ms|s|min)\b)?"  # a time with its unit: a faster machine may need another one
    lines = (re.sub(rf"{number}|[^\x00-\u24ff]", "#", line) for line in text.splitlines())
    return [" ".join(re.sub(r"[#\s]+", " # ", line).split()) for line in lines if re.search(r"[^\W\d_]{2}", line)]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if shown_blocks(page)], ids=_name)
def test_other_shown_outputs_have_the_programs_wording(page: Path) -> None:
    with examples_folder():
        for command, shown in shown_blocks(page).items():
            if QUICK.fullmatch(command):
                quick_output(command)  # a later command may read what it writes
            elif "|" not in command:
                printed = quick_output(command)
                assert _wording(shown) == _wording(printed), f"renew it with: tests/documentation.py '{command}'"


def test_an_output_cut_off_by_head_begins_as_the_whole_one() -> None:
    whole = {command: shown for page in PAGES for command, shown in shown_blocks(page).items()}
    cut_off = {command: shown for command, shown in whole.items() if "| head" in command}
    assert cut_off
    for command, shown in cut_off.items():
        begin = whole[command.partition(" |")[0]].splitlines()[: len(shown.splitlines())]
        assert _wording(shown) == _wording("\n".join(begin))


@pytest.mark.parametrize(
    ("page", "name"), [(page, name) for page in PAGES for name in generated_blocks(page)], ids=_name
)
def test_a_generated_block_is_current(page: Path, name: str) -> None:
    assert generated_blocks(page)[name] == GENERATED[name](), RENEW


def test_everything_that_is_generated_stands_somewhere() -> None:
    assert {name for page in PAGES for name in generated_blocks(page)} == set(GENERATED)


def _console_lines(page: Path) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ rnnctl ")]
    return [re.split(r" \||  +#", line)[0] for line in lines]


def _parses(line: str) -> bool:
    """Whether a command line is one that this program takes, its options included."""
    program, name, *arguments = shlex.split(line)
    command = rnnctl.get_command(None, name)  # type: ignore[arg-type]
    if program != "rnnctl" or command is None:
        return False
    command.make_context(name, arguments)
    return True


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"(?:rnnctl|tests|configs|data|\.ci)/[\w/.-]*\w", page.read_text(encoding="utf-8"))
    missing = [name for name in named if not (ROOT / name).exists()]
    assert [name for name in missing if not re.search(r"[A-Z]{2}", name)] == []  # NAME and WORD stand for the reader's


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_line_in_a_console_block_parses(page: Path) -> None:
    assert all(_parses(line) for line in _console_lines(page))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_file_that_contributing_and_design_name_exists() -> None:
    for page in (ROOT / "CONTRIBUTING.md", DOCS / "design.md"):
        named = re.findall(r"`((?:rnnctl|tests|configs)/[a-z_/.]+)`", page.read_text("utf-8"))
        assert named
        assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_topic_that_is_mentioned_exists() -> None:
    mentioned = {name for page in PAGES for name in re.findall(r"`rnnctl docs ([a-z]+)`", page.read_text("utf-8"))}
    assert mentioned <= {path.stem for path in DOCS.glob("*.md")}


def test_every_topic_begins_with_its_title() -> None:
    for path in DOCS.glob("*.md"):
        assert re.match(r"# [^\n]{10,90}\n\n", path.read_text(encoding="utf-8")), path.name


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 220


def test_a_config_shown_is_the_shipped_one() -> None:
    shown = [
        found
        for page in PAGES
        for found in re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    ]
    assert shown
    for path, text in shown:
        assert text == (ROOT / path).read_text(encoding="utf-8")


# Python


def _python_blocks(page: Path) -> list[str]:
    """The page's Python, without what needs an extra that is not installed."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in blocks if "TensorBoard" not in block or find_spec("tensorboard")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras, when it saves
@pytest.mark.parametrize("page", [page for page in PAGES if _python_blocks(page)], ids=_name)
def test_the_python_code_of_a_page_runs(page: Path) -> None:
    code = "\n".join(_python_blocks(page)).replace("training.epochs=30", "training.epochs=2")
    with examples_folder() as folder:
        (folder / "configs").unlink()
        (folder / "configs").mkdir()
        config = (ROOT / "configs/sunspots.yaml").read_text(encoding="utf-8")
        (folder / "configs/sunspots.yaml").write_text(config.replace("epochs: 120", "epochs: 2"), encoding="utf-8")
        exec(compile(code, page.name, "exec"), {"__name__": "__main__"})


# CI snippets


def _snippet(name: str) -> dict[Any, Any]:
    """A CI file as the documentation shows it; YAML's own idea of ``on`` (a boolean) is GitHub's too."""
    text = (DOCS / "ci.md").read_text(encoding="utf-8")
    found = re.findall(rf"<!-- ci snippet: {name} -->\n```yaml\n(.*?)```", text, re.DOTALL)
    assert len(found) == 1
    read: dict[Any, Any] = yaml.safe_load(found[0])
    return read


def test_the_github_workflow_installs_runs_smoke_and_keeps_what_it_writes() -> None:
    workflow = _snippet("github")
    assert workflow[True] == ["push", "pull_request"]
    steps = workflow["jobs"]["smoke"]["steps"]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in steps if "uses" in step)
    install, smoke = (step["run"] for step in steps if "run" in step)
    assert install == "pip install ."
    assert _parses(smoke)
    assert steps[-1]["if"] == "always()"
    assert steps[-1]["with"]["path"] == shlex.split(smoke)[-1]


def test_the_gitlab_job_installs_runs_smoke_and_reports_what_it_writes() -> None:
    job = _snippet("gitlab")["smoke"]
    install, smoke = job["script"]
    assert install == "pip install ."
    assert _parses(smoke)
    assert job["artifacts"] == {"when": "always", "reports": {"junit": shlex.split(smoke)[-1]}}


def test_the_hooks_for_pre_commit_run_check_on_the_files_that_are_committed() -> None:
    (offered,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (used,) = _snippet("pre-commit")["repos"][0]["hooks"]
    (local,) = _snippet("local hook")["repos"][0]["hooks"]
    assert used["id"] == offered["id"] == local["id"]
    for hook in (offered, local):
        assert _parses(f"{hook['entry']} config.yaml")


# Metadata


def test_the_citation_is_valid() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {"cff-version", "message", "title", "authors", "version"}
    optional = {"type", "license", "keywords", "abstract"}
    assert required <= set(citation) <= required | optional
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == project["name"]
    assert citation["license"] == project["license"]
    assert citation["type"] in {"software", "dataset"}
    assert all(isinstance(citation[key], str) for key in required - {"authors"})
    entity, person = {"name"}, {"family-names", "given-names"}
    assert citation["authors"]
    assert all(set(author) in (entity, person) for author in citation["authors"])


def test_the_version_stands_in_one_place() -> None:
    import rnnctl as package

    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in pyproject["project"]["dynamic"]
    assert "version" not in pyproject["project"]
    source = (ROOT / pyproject["tool"]["hatch"]["version"]["path"]).read_text(encoding="utf-8")
    assert f'__version__ = "{package.__version__}"' in source
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == package.__version__
    assert f"rev: v{package.__version__}" in (DOCS / "ci.md").read_text(encoding="utf-8")


def test_every_python_that_is_claimed_is_one_that_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = re.findall(r"Programming Language :: Python :: 3\.(\d+)", "\n".join(project["classifiers"]))
    lowest, beyond = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()  # type: ignore[union-attr]
    assert [int(minor) for minor in claimed] == list(range(int(lowest), int(beyond)))
    named = f"Python {', '.join(f'3.{minor}' for minor in claimed[:-1])} or 3.{claimed[-1]}"
    assert named in README.read_text(encoding="utf-8")
