"""Trackers beside training: each in a thread of its own, so that none holds training up."""

from __future__ import annotations

import queue
import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.trackers.reasons import reason_of
from rnnctl.trackers.records import is_sampled
from rnnctl.trackers.tracker import Arrays, Beginning, End, Tracker

AT_ONCE = 2.0
"""Seconds that a tracker has left after a second Ctrl-C."""

_ENDS: dict[str, End] = {"interrupted": "interrupted", "non-finite": "failed"}


class Following:
    """Passes the records of a run to trackers. Enter it before the run, and leave it after its folder is closed.

    Args:
        trackers: The trackers, such as `TensorBoard`.
        tell: Called with a message, once for each tracker that fails during a run; from any thread.
    """

    def __init__(self, trackers: Sequence[Tracker] = (), tell: Callable[[str], None] = warnings.warn) -> None:
        self._trackers, self._tell = trackers, tell
        self._followers: list[_Follower] = []
        self._skipped: StepRecord | None = None
        self._summary: Summary | None = None

    def __bool__(self) -> bool:
        return bool(self._trackers)

    def check(self, folder: Path | None) -> None:
        """Checks that every tracker can log a run, before anything is on disk.

        Args:
            folder: The run folder of a run that is resumed; None for a new run.

        Raises:
            RunError: One cannot.
        """
        for tracker in self._trackers:
            tracker.check(folder)

    def begin(self, beginning: Beginning) -> None:
        """Begins a run.

        Raises:
            RunError: A tracker cannot log it.
        """
        for tracker in self._trackers:
            tracker.begin(beginning)
            self._followers.append(_Follower(tracker, self._tell))
        if not beginning.step:  # else they were logged with the checkpoint
            self.weights(0, beginning.weights)

    def add(self, record: StepRecord | ValidationRecord) -> None:
        """Passes on a validation, or a step if it is sampled."""
        if not self._followers:
            return
        if isinstance(record, ValidationRecord):
            self._all("validation", record)
            return
        self._skipped = record
        for follower in self._followers:
            if is_sampled(record.step, follower.tracker.whole):
                follower.put("step", record)

    def weights(self, step: int, arrays: Arrays) -> None:
        """Passes on the weights after a step."""
        self._all("weights", step, arrays)

    def finish(self, summary: Summary, weights: Arrays | None) -> None:
        """Ends the run; ``weights`` are the final ones, None where they are not finite."""
        self._summary = summary
        if weights is not None:
            self.weights(summary.steps, weights)

    def _all(self, what: str, *arguments: Any) -> None:
        for follower in self._followers:
            follower.put(what, *arguments)

    def __enter__(self) -> Following:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        at_once = kind is not None and issubclass(kind, KeyboardInterrupt)
        left = kind is not None and issubclass(kind, KeyboardInterrupt | GeneratorExit)
        end: End = "interrupted" if left else "failed"
        if kind is None and self._summary is not None:
            end = _ENDS.get(self._summary.stopped, "finished")
        for follower in self._followers:
            last = self._skipped
            if last is not None and not is_sampled(last.step, follower.tracker.whole):
                follower.put("step", last)
            follower.put("end", end, self._summary)
        for follower in self._followers:
            follower.join(AT_ONCE if at_once else None)


class _Follower(threading.Thread):
    """Calls one tracker in order; the first error is reported, and none reaches training."""

    def __init__(self, tracker: Tracker, tell: Callable[[str], None]) -> None:
        # A tracker that hangs must not keep the process from ending.
        super().__init__(name=f"rnnctl-{type(tracker).__name__}", daemon=True)
        self.tracker, self._tell = tracker, tell
        self._waiting: queue.SimpleQueue[tuple[str, tuple[Any, ...]]] = queue.SimpleQueue()
        self.start()

    def put(self, what: str, *arguments: Any) -> None:
        self._waiting.put((what, arguments))

    def run(self) -> None:
        what, reported = "", False
        while what != "end":
            what, arguments = self._waiting.get()
            try:
                getattr(self.tracker, what)(*arguments)
            except Exception as error:  # whatever a store, a server or a disk may say
                if not reported:
                    reported = True
                    why = f"{self.tracker.name}: cannot be written: {reason_of(error)}"
                    self._tell(f"{why}; training goes on, and the run folder is complete")
