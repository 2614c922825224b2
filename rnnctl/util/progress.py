"""What is worth telling while something long is under way: told by whoever does it, heard by whoever asked to hear it.

Deep in the data room nobody knows the console; a caller listens for as long as it wants, and without one it is quiet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Tell = Callable[[str, float | None], None]
"""Takes a sentence, and the share that is done where it tells of something under way."""


def silent(text: str, share: float | None) -> None:
    """Tells nobody."""


_LISTENER: ContextVar[Tell] = ContextVar("listener", default=silent)


def tell(text: str, share: float | None = None) -> None:
    """Tells whoever listens.

    Args:
        text: A sentence without its full stop.
        share: What is done of it, from 0 to 1; None where it is no progress.
    """
    _LISTENER.get()(text, share)


@contextmanager
def told_to(listener: Tell) -> Iterator[None]:
    """Lets a listener hear what is told meanwhile.

    Args:
        listener: Takes what `tell` is called with; whoever listened before hears nothing until it ends.
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
