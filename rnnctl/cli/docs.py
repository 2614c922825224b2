"""``rnnctl docs``: the documentation that is installed with the package, one Markdown file a topic."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from rnnctl.util.suggest import suggestion

FOLDER = Path(__file__).resolve().parent.parent / "docs"
_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE)
_WIDTH = 120
"""Columns of a page at most; console blocks are 100 wide."""


@click.command()
@click.argument("topic", required=False)
@click.option("--find", "word", metavar="WORD", help="List the lines that contain WORD, in one topic or in all.")
def docs(topic: str | None, word: str | None) -> int:
    """Read the documentation, or search it.

    \b
    Examples:
      rnnctl docs                     list the topics
      rnnctl docs data                read one, in a pager
      rnnctl docs --find missing      find a word in all topics
      rnnctl docs config > config.md  save one as Markdown

    In a terminal a topic is shown in $PAGER; in a pipe it is written as Markdown. A search ignores case and shows
    each line below its topic and heading.

    Exit codes: 0 done, 1 no line contains WORD, 2 there is no such topic.
    """
    texts = {path.stem: _COMMENT.sub("", path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.md"))}
    if topic is not None and topic not in texts:
        raise click.UsageError(f"There is no topic {topic!r}; {suggestion(topic, texts, 'the topics are')}")
    if word is not None:
        return _find(word, texts if topic is None else {topic: texts[topic]})
    if topic is None:
        _list_topics(texts)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        click.echo_via_pager(_rendered(texts[topic]))
    else:
        click.echo(texts[topic], nl=False)
    return 0


def _list_topics(texts: dict[str, str]) -> None:
    width = max(map(len, texts))
    for topic, text in texts.items():
        click.echo(f"{topic:{width}}  {text.partition(chr(10))[0].removeprefix('# ')}")
    click.echo("\nrnnctl docs TOPIC shows one; rnnctl docs --find WORD searches them all.")


def _find(word: str, texts: dict[str, str]) -> int:
    """Writes each matching line with its number, below its topic and heading; 1 if there is none."""
    found = 0
    for topic, text in texts.items():
        heading, shown, code = "", None, False
        for number, line in enumerate(text.splitlines(), 1):
            code ^= line.startswith("```")
            if not code and line.startswith("#"):
                heading = line.lstrip("# ")
            if word.casefold() in line.casefold():
                if shown != heading:
                    click.secho(("\n" if found else "") + f"{topic} · {heading}", bold=True)
                    shown = heading
                click.echo(f"{number:5}  {line.strip()}")
                found += 1
    if not found:
        click.echo(f"No line of {', '.join(texts)} contains {word!r}.", err=True)
    return 0 if found else 1


def _rendered(text: str) -> str:
    """Markdown laid out for the terminal, with its styles."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(force_terminal=True)
    console.width = min(console.width, _WIDTH)
    with console.capture() as capture:
        console.print(Markdown(text, code_theme="bw"))
    return capture.get()
