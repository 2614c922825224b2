"""Writing checkpoints beside training: one thread, one at a time, and a best one not too often."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from rnnctl.errors import RunError
from rnnctl.results.training import Snapshot
from rnnctl.runs.checkpoints import CHECKPOINTS, checkpoint_steps, keep_newest, write_checkpoint
from rnnctl.util.format import command

BEST_SECONDS = 10.0
"""Shortest time between two checkpoints of best validations. One that comes sooner is written once it has passed, with
the next checkpoint of any kind, or at the end, unless a better one takes its place."""

About = Callable[[int], Mapping[str, Any]]
"""Fields of ``checkpoint.json`` for a step."""


class CheckpointWriter:
    """Writes snapshots as checkpoints of one run.

    Args:
        keep: Number of the newest that are kept, beside the best one.
        before: Called before each checkpoint, to sync the record of the steps.
        best: Step of the best checkpoint so far.

    Attributes:
        last: Folder of the last whole checkpoint; None before there is one.
    """

    def __init__(self, run: Path, keep: int, about: About, before: Callable[[], None], best: int | None) -> None:
        self._run, self._keep, self._about, self._before = run, keep, about, before
        self._cancelled = Event()
        self._best, self._best_at = best, time.monotonic()
        self._postponed: Snapshot | None = None
        self._writing: Future[None] | None = None
        self._worker = ThreadPoolExecutor(1, "rnnctl-checkpoints")
        steps = checkpoint_steps(run)
        self.last: Path | None = run / CHECKPOINTS / f"step-{steps[-1]}" if steps else None

    def add(self, snapshot: Snapshot) -> None:
        """Writes a snapshot in the background; one that is only the best so far may wait until ``BEST_SECONDS`` passed.

        Raises:
            RunError: The previous checkpoint could not be written.
        """
        if "best" in snapshot.reasons:
            self._postponed = None  # this one is better
        if snapshot.reasons == ("best",) and time.monotonic() - self._best_at < BEST_SECONDS:
            self._postponed = snapshot
        else:
            self._write_postponed()
            self._write(snapshot)

    def check(self) -> None:
        """Writes a postponed snapshot whose time has come; raises a `RunError` if one could not be written."""
        if self._writing is not None and self._writing.done():
            self._wait()
        if self._writing is None and time.monotonic() - self._best_at >= BEST_SECONDS:
            self._write_postponed()

    def finish(self, last: Snapshot | None) -> None:
        """Writes a postponed best snapshot and the last one, and waits until both are on disk.

        Args:
            last: The state at the end; None where it is not finite.

        Raises:
            RunError: A checkpoint could not be written.
        """
        postponed = self._postponed
        if postponed is not None and last is not None and postponed.step == last.step:
            last, self._postponed = replace(last, reasons=(*postponed.reasons, *last.reasons)), None
        self._write_postponed()
        if last is not None:
            self._write(last)
        self._wait()

    def close(self, *, at_once: bool = False) -> None:
        """Waits for the thread, or with ``at_once`` abandons what it writes; a second call does nothing."""
        if at_once:
            self._cancelled.set()
        self._worker.shutdown(cancel_futures=True)

    def _write_postponed(self) -> None:
        postponed, self._postponed = self._postponed, None
        if postponed is not None:
            self._write(postponed)

    def _write(self, snapshot: Snapshot) -> None:
        self._wait()
        self._before()
        if "best" in snapshot.reasons:
            self._best, self._best_at = snapshot.step, time.monotonic()
        self._writing = self._worker.submit(self._write_now, snapshot, self._best)

    def _wait(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def _write_now(self, snapshot: Snapshot, best: int | None) -> None:
        self.last = write_checkpoint(self._run, snapshot, self._about(snapshot.step), self._cancelled)
        keep_newest(self._run, self._keep, best)


def naming_the_last(error: RunError, run: Path, last: Path | None) -> RunError:
    """Adds to a disk error the last whole checkpoint of a run, and the command to resume it."""
    whole = "no checkpoint was written before" if last is None else f"the last whole checkpoint is {last}"
    return RunError(f"{error}\n{whole}; then continue with: {command('resume', run)}")
