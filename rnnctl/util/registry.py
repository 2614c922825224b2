"""Tables of what a config names by a word: cells, losses, optimizers, tasks, data sources, commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Protocol, TypeVar

from rnnctl.util.suggest import nearest


class Entry(Protocol):
    """An entry of a registry."""

    @property
    def word(self) -> str:
        """The word that names the entry in configs and on the command line."""


E = TypeVar("E", bound=Entry)


class UnknownEntryError(KeyError):
    """A word that no entry of a registry has: a defect of the program, since configs are validated against it."""

    def __str__(self) -> str:
        return str(self.args[0])


class Registry(Mapping[str, E]):
    """An ordered mapping from word to entry. An unknown word raises `UnknownEntryError`; nothing stands in for it."""

    listeners: ClassVar[list[Callable[[], None]]] = []
    """Functions to call after the entries of a registry have changed."""

    def __init__(self, what: str, entries: Iterable[E]) -> None:
        self.what = what
        self._entries = {entry.word: entry for entry in entries}

    def __getitem__(self, word: str) -> E:
        """Returns the entry of a word."""
        if word not in self._entries:
            near = nearest(word, self._entries)
            hint = f"; did you mean {near!r}?" if near else ""
            raise UnknownEntryError(f"no {self.what} is called {word!r} (there are {', '.join(self._entries)}){hint}")
        return self._entries[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @contextmanager
    def extended(self, *entries: E) -> Iterator[None]:
        """Adds entries for the duration of a ``with`` block."""
        before = self._entries
        self._set({**before, **{entry.word: entry for entry in entries}})
        try:
            yield
        finally:
            self._set(before)

    def _set(self, entries: dict[str, E]) -> None:
        self._entries = entries
        for listener in Registry.listeners:
            listener()
