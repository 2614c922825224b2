"""Writes checkpoints beside training: one thread, one at a time, and never a best one too often."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnctl.errors import RunError
from rnnctl.results.training import Snapshot
from rnnctl.runs.checkpoints import CHECKPOINTS, checkpoint_steps, keep_newest, write_checkpoint
from rnnctl.runs.disk import Disk

BEST_SECONDS = 10.0
"""Best validations follow each other quickly at first; one is written at most this often, the last one always."""


class CheckpointWriter:
    """Writes snapshots as checkpoints of one run.

    Args:
        run: The run folder.
        keep: How many of the newest are kept, beside the best one.
        about: Fields of ``checkpoint.json`` for a step.
        before: Called before each checkpoint: brings the record of the steps to the disk.
        best: Step of the best checkpoint so far.
        disk: The operating system.

    Attributes:
        last: The last checkpoint that is whole on disk; None before one is.
    """

    def __init__(
        self,
        run: Path,
        keep: int,
        about: Callable[[int], Mapping[str, Any]],
        *,
        before: Callable[[], None] = lambda: None,
        best: int | None = None,
        disk: Disk | None = None,
    ) -> None:
        self._run, self._keep, self._about, self._before = run, keep, about, before
        self._disk = disk or Disk()
        self._best, self._best_at = best, time.monotonic()
        self._held: Snapshot | None = None
        self._writing: Future[None] | None = None
        self._worker = ThreadPoolExecutor(1, "rnnctl-checkpoints")
        steps = checkpoint_steps(run)
        self.last: Path | None = run / CHECKPOINTS / f"step-{steps[-1]}" if steps else None

    def add(self, snapshot: Snapshot) -> None:
        """Has a snapshot written; one that is merely the best so far may have to wait for ``finish``.

        Raises:
            RunError: The checkpoint before could not be written.
        """
        if self._held is not None and "best" in snapshot.reasons:
            self._held = None  # a better one came
        if snapshot.reasons == ("best",) and time.monotonic() - self._best_at < BEST_SECONDS:
            self._held = snapshot
            return
        self._write(snapshot)

    def check(self) -> None:
        """Raises what went wrong in the background, as soon as it is known.

        Raises:
            RunError: A checkpoint could not be written.
        """
        if self._writing is not None and self._writing.done():
            writing, self._writing = self._writing, None
            writing.result()

    def finish(self, last: Snapshot | None) -> None:
        """Writes the best one that waits and the last one, and waits until both are on disk.

        Args:
            last: The state at the end; None where that is not worth keeping.

        Raises:
            RunError: A checkpoint could not be written.
        """
        held, self._held = self._held, None
        if held is not None and last is not None and held.step == last.step:
            last, held = replace(last, reasons=(*held.reasons, *last.reasons)), None
        for snapshot in (held, last):
            if snapshot is not None:
                self._write(snapshot)
        self._wait()

    def close(self, *, at_once: bool = False) -> None:
        """Waits for the thread; a second time does nothing.

        Args:
            at_once: Whether what is being written is given up.
        """
        self._disk.cancelled = at_once
        self._worker.shutdown(cancel_futures=True)

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
        self.last = write_checkpoint(self._run, snapshot, self._about(snapshot.step), self._disk)
        keep_newest(self._run, self._keep, best, self._disk)


def naming_the_last(error: RunError, run: Path, last: Path | None) -> RunError:
    """Adds to an error of the disk what is whole, and how to go on.

    Args:
        error: What went wrong.
        run: The run folder.
        last: Its last whole checkpoint.
    """
    whole = "no checkpoint was written before" if last is None else f"the last whole checkpoint is {last}"
    return RunError(f"{error}\n{whole}; then go on with: {resume_command(run)}")


def resume_command(run: Path) -> str:
    """The command that goes on with a run."""
    import shlex

    return f"rnnctl resume {shlex.quote(str(run))}"
