"""Types of arguments that a shell completes: configs and runs, by their names alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from rnnctl.util.printing import printable

ENDINGS = (".yaml", ".yml")
RUNS = "runs"
"""Folder of runs where none is typed."""

_CONFIG = "config.yaml"
"""File that every run folder has."""


class ConfigPath(click.Path):
    """A config; configs and the folders on the way to others are completed."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Configs whose paths begin with what is typed, then folders."""
        files = [path for path, entry in _beginning(incomplete) if entry.name.endswith(ENDINGS) and entry.is_file()]
        folders = [path + "/" for path, entry in _beginning(incomplete) if entry.is_dir()]
        return [CompletionItem(path) for path in (*files, *folders)] or super().shell_complete(ctx, param, incomplete)


class RunPath(click.Path):
    """A run folder; runs, those of the folder `RUNS` where no other is typed, and folders are completed."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Run folders whose paths begin with what is typed, the newest first."""
        found = _runs(incomplete) or (_runs(f"{RUNS}/{incomplete}") if "/" not in incomplete else [])
        return [CompletionItem(path) for path in found] or [CompletionItem(incomplete, type="dir")]


class ConfigOrRunPath(ConfigPath):
    """A config or a run folder."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Both."""
        runs = [CompletionItem(path) for path in _runs(incomplete)]
        return [*runs, *super().shell_complete(ctx, param, incomplete)]


def _runs(incomplete: str) -> list[str]:
    found = []
    for path, entry in _beginning(incomplete):
        config = Path(entry.path, _CONFIG)
        if config.is_file():
            found.append((config.stat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]


def _beginning(incomplete: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """What begins with what is typed, by name; nothing hidden, and no name that steers a terminal."""
    folder, slash, start = incomplete.rpartition("/")
    with suppress(OSError), os.scandir(folder + slash or ".") as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            shown = entry.name.startswith(start) and (start or not entry.name.startswith("."))
            if shown and "\n" not in entry.name and printable(entry.name) == entry.name:
                yield f"{folder}{slash}{entry.name}", entry
