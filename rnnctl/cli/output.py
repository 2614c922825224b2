"""What commands write: JSON lines and text on stdout, notes and the places of files on stderr."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from rnnctl.cli.console.style import Style, shown_path, style_of
from rnnctl.util.format import listed
from rnnctl.util.printing import printable

Found = TypeVar("Found")


def stdout_style() -> Style:
    """The style for text on stdout."""
    return style_of(sys.stdout)


def write_notes(notes: Iterable[str]) -> None:
    """Writes notes, a line each; a terminal gets them broken between words."""
    style = style_of(sys.stderr)
    for note in notes:
        text = f"note: {printable(note)}"
        if style.terminal:
            text = textwrap.fill(
                text, style.width, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
            )
        click.echo(text, err=True)


def write_json(event: str, **fields: Any) -> None:
    """Writes one JSON line."""
    from rnnctl.runs.jsonl import dump_line

    click.echo(dump_line({"event": event, **fields}), nl=False)


def write_result(
    event: str,
    found: Found,
    fields: Callable[[Found], Mapping[str, Any]],
    text: Callable[[Found, Style], str],
    *,
    as_json: bool,
) -> None:
    """Writes what a command found: its fields as one JSON line, or its text."""
    if as_json:
        write_json(event, **fields(found))
    else:
        click.echo(text(found, stdout_style()))


def check_out(out: Path | None, *more_endings: str, force: bool) -> None:
    """Checks that a table can be written to a file that the user named, before what it is to hold is computed."""
    if out is None:
        return
    from rnnctl.runs.csv_export import ENDINGS, check_free

    if out.suffix.lower() not in (endings := (*ENDINGS, *more_endings)):
        raise click.UsageError(f"-o: {out} ends in none of {listed(endings, 'and')}; give a file that does.")
    check_free(out, force=force)


def write_page(path: Path, page: str) -> None:
    """Writes an HTML page to a file that the user named."""
    from rnnctl.runs.run_files import write_output

    write_output(path, page.encode())
    announce_page(path)


def announce_page(path: Path) -> None:
    """Says where a page is."""
    click.echo(f"page {shown_path(path)}", err=True)
