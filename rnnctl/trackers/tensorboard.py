"""``--tensorboard``: event files that TensorBoard reads.

Records and checksums are TensorBoard's own code; its writer is not used, because that has a thread which dies with a
traceback on a full disk.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from rnnctl.config.dump import config_to_yaml
from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.run_files import disk_errors
from rnnctl.runs.run_folder import next_number, safe_name
from rnnctl.trackers.records import is_sampled, sampling_note, step_scalars
from rnnctl.trackers.tracker import Arrays, Beginning, End, require

FOLDER = "tensorboard"
"""Name of the folder in a run folder."""

FLUSH_SECONDS = 5
"""Longest time that an event waits for more."""

HISTOGRAMS_WHOLE = 50
"""``whole`` of the norms through time, whose histogram takes as much room as all of a step's numbers."""


class TensorBoard:
    """Writes scalars, and histograms of weights and of state gradient norms through time.

    Args:
        parent: Folder in which the run gets one of its own, of its name; None for ``tensorboard`` in the run folder.

    Raises:
        MissingExtraError: TensorBoard is not installed.
    """

    whole: ClassVar[int] = 1000

    def __init__(self, parent: str | os.PathLike[str] | None = None) -> None:
        require("tensorboard", "tensorboard")
        self._parent = None if parent is None else Path(parent)
        self._folder: Path | None = None
        self._writer: Any = None
        self._flushed = time.monotonic()

    @property
    def name(self) -> str:
        """Name and place."""
        return "TensorBoard" if self._folder is None else f"TensorBoard in {self._folder}"

    def check(self, folder: Path | None) -> None:
        """Checks that TensorBoard can be loaded and the folder be written.

        Raises:
            RunError: It cannot.
        """
        del folder
        try:
            import tensorboard.compat.proto.event_pb2
            import tensorboard.plugins.histogram.summary_v2
            import tensorboard.plugins.text.summary_v2
            import tensorboard.summary.writer.record_writer  # noqa: F401
        except ImportError as error:
            raise RunError(f"TensorBoard cannot be loaded: {error}; train without --tensorboard") from error
        if self._parent is not None:
            with disk_errors("create", self._parent, option="--tensorboard"):
                self._parent.mkdir(parents=True, exist_ok=True)
            with disk_errors("write", self._parent, option="--tensorboard"), tempfile.TemporaryFile(dir=self._parent):
                pass

    def begin(self, beginning: Beginning) -> None:
        """Makes the event file; of a resumed run, earlier events of later steps no longer count.

        Raises:
            RunError: It cannot be made.
        """
        from tensorboard.compat.proto import event_pb2
        from tensorboard.plugins.text.summary_v2 import text_pb
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._folder = self._choose(beginning)
        with disk_errors("create", self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._writer = RecordWriter((self._folder / _file_name()).open("xb"))
        self._add(0, file_version="brain.Event:2")
        # Discards the events of steps that are now taken again.
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._add(beginning.step + 1, session_log=start)
        config = "".join(f"    {line}\n" for line in config_to_yaml(beginning.config).splitlines())
        for tag, text in (("config", config), ("steps", sampling_note(self.whole))):
            self._add(beginning.step, summary=text_pb(tag, text))

    def _choose(self, beginning: Beginning) -> Path:
        if beginning.folder is not None:
            return beginning.folder / FOLDER if self._parent is None else self._parent / beginning.folder.name
        if self._parent is None:
            raise RunError("TensorBoard's files go into the run folder, and there is none; give --tensorboard a folder")
        name = safe_name(beginning.header.name)
        return self._parent / f"{name}-{next_number(self._parent, name)}"

    def step(self, record: StepRecord) -> None:
        """Writes the numbers of a step, and of a sample of steps the norms through time."""
        self._scalars(record.step, step_scalars(record))
        states = record.state_gradient_norms
        if states and is_sampled(record.step, HISTOGRAMS_WHOLE):
            drawn = [_through_time(f"state_gradient_norms/{path}", norms) for path, norms in states.items()]
            self._summary(record.step, drawn)

    def validation(self, record: ValidationRecord) -> None:
        """Writes a validation loss."""
        self._scalars(record.step, {"validation_loss": record.loss})

    def weights(self, step: int, arrays: Arrays) -> None:
        """Writes a histogram of each weight."""
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb

        for path, array in arrays.items():
            finite = array[np.isfinite(array)]
            self._add(step, summary=histogram_pb(f"weights/{path}", finite))
        self._flush()  # so that a run resumed from this checkpoint finds all earlier events

    def end(self, end: End, summary: Summary | None) -> None:
        """Writes the test metrics, and closes the event file."""
        del end
        try:
            if summary is not None:
                self._scalars(summary.steps, summary.metrics)
        finally:
            self._writer.close()

    def _scalars(self, step: int, numbers: Mapping[str, float]) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary as Proto

        self._summary(step, [Proto.Value(tag=tag, simple_value=number) for tag, number in numbers.items()])

    def _summary(self, step: int, values: Sequence[Any]) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary as Proto

        self._add(step, summary=Proto(value=values))

    def _add(self, step: int, **what: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.write(Event(step=step, wall_time=time.time(), **what).SerializeToString())
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self._flush()

    def _flush(self) -> None:
        self._flushed = time.monotonic()
        self._writer.flush()


def _file_name() -> str:
    """A name that TensorBoard recognises and sorts by."""
    return f"events.out.tfevents.{time.time_ns() // 10**9:010d}.{socket.gethostname()}.{os.getpid()}.{time.time_ns()}"


def _through_time(tag: str, norms: Sequence[float]) -> Any:
    """Norms by time step as a histogram: time steps from left to right, heights are norms."""
    from tensorboard.compat.proto.summary_pb2 import Summary as Proto
    from tensorboard.plugins.histogram import metadata
    from tensorboard.util.tensor_util import make_tensor_proto

    about = metadata.create_summary_metadata(
        display_name=None, description="‖∂L/∂h_t‖ (height) by time step t (from left to right)."
    )
    return Proto.Value(tag=tag, metadata=about, tensor=make_tensor_proto(_buckets(norms), dtype=np.float64))


def _buckets(norms: Sequence[float]) -> npt.NDArray[np.float64]:
    """Buckets ``[time, (left, right, height)]``, from t to t + 1 for time step t; height 0 where not finite."""
    height = np.asarray(norms, np.float64)
    left = np.arange(len(height), dtype=np.float64)
    return np.stack([left, left + 1, np.where(np.isfinite(height), height, 0.0)], axis=1)
