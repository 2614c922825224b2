"""``--tensorboard``: event files that TensorBoard reads.

Records and their checksums are TensorBoard's own. Its writer is not: that has a thread of its own, which dies with a
traceback on a full disk.
"""

from __future__ import annotations

import os
import re
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.config.dump import config_to_yaml
from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.files import told
from rnnctl.runs.folder import safe_name
from rnnctl.trackers.scalars import step_scalars
from rnnctl.trackers.thinning import in_words, is_told
from rnnctl.trackers.tracker import Arrays, Beginning, End, require

FOLDER = "tensorboard"
"""Name of the folder in a run folder."""

FLUSH_SECONDS = 5
"""How long an event waits for more to come."""

HISTOGRAMS_WHOLE = 50
"""As ``whole``, for the norms through time: a histogram takes as much room as all of a step's numbers."""


class TensorBoard:
    """Writes scalars, and histograms of weights and of the gradient's way back through time.

    Args:
        parent: Folder in which the run gets one of its own, of its name; None for ``tensorboard`` in the run folder.

    Raises:
        MissingExtraError: TensorBoard is not installed.
    """

    whole = 1000

    def __init__(self, parent: str | os.PathLike[str] | None = None) -> None:
        require("tensorboard", "tensorboard")
        self._parent = None if parent is None else Path(parent)
        self._folder: Path | None = None
        self._writer: Any = None
        self._flushed = time.monotonic()

    @property
    def name(self) -> str:
        """What it is and where it writes."""
        return "TensorBoard" if self._folder is None else f"TensorBoard in {self._folder}"

    def check(self, folder: Path | None) -> None:
        """Sees that TensorBoard can be loaded, and that a folder can be made in the one that was named.

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
            with told("create", self._parent):
                self._parent.mkdir(parents=True, exist_ok=True)
            with told("write", self._parent), tempfile.TemporaryFile(dir=self._parent):
                pass

    def begin(self, beginning: Beginning) -> None:
        """Makes the event file; where a run goes on, what was written of later steps no longer counts.

        Raises:
            RunError: It cannot be made.
        """
        from tensorboard.compat.proto import event_pb2
        from tensorboard.plugins.text.summary_v2 import text_pb
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._folder = self._choose(beginning)
        with told("create", self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._writer = RecordWriter((self._folder / _file_name()).open("xb"))
        self._add(0, file_version="brain.Event:2")
        # What a run that stopped told of the steps that it now takes again does not count any more.
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._add(beginning.step + 1, session_log=start)
        config = "".join(f"    {line}\n" for line in config_to_yaml(beginning.config).splitlines())
        for tag, text in (("config", config), ("steps", in_words(self.whole))):
            self._add(beginning.step, summary=text_pb(tag, text))

    def _choose(self, beginning: Beginning) -> Path:
        if beginning.folder is not None:
            return beginning.folder / FOLDER if self._parent is None else self._parent / beginning.folder.name
        if self._parent is None:
            raise RunError("TensorBoard's files go into the run folder, and there is none; give --tensorboard a folder")
        return _next_free(self._parent, safe_name(beginning.header.name))

    def step(self, record: StepRecord) -> None:
        """Writes the numbers of a step, and now and then the gradient's way back through time."""
        self._scalars(record.step, step_scalars(record))
        states = record.state_gradient_norms
        if states and is_told(record.step, HISTOGRAMS_WHOLE):
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
        self._flush()  # a checkpoint was taken: a run that goes on from it finds all before it here

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
    """A name by which TensorBoard knows its files, and puts them in order."""
    return f"events.out.tfevents.{time.time_ns() // 10**9:010d}.{socket.gethostname()}.{os.getpid()}.{time.time_ns()}"


def _through_time(tag: str, norms: Sequence[float]) -> Any:
    """Norms by time step, drawn as a histogram is: time steps from left to right, and as high as the norm."""
    from tensorboard.compat.proto.summary_pb2 import Summary as Proto
    from tensorboard.plugins.histogram import metadata
    from tensorboard.util.tensor_util import make_tensor_proto

    about = metadata.create_summary_metadata(
        display_name=None, description="‖∂L/∂h_t‖ (height) by time step t (from left to right)."
    )
    return Proto.Value(tag=tag, metadata=about, tensor=make_tensor_proto(_buckets(norms), dtype=np.float64))


def _buckets(norms: Sequence[float]) -> npt.NDArray[np.float64]:
    """Buckets ``[time, (left, right, height)]``: one from t to t + 1 for time step t, of no height if not finite."""
    height = np.asarray(norms, np.float64)
    left = np.arange(len(height), dtype=np.float64)
    return np.stack([left, left + 1, np.where(np.isfinite(height), height, 0.0)], axis=1)


def _next_free(parent: Path, name: str) -> Path:
    with told("read", parent):
        entries = [entry.name for entry in parent.iterdir()] if parent.is_dir() else []
    taken = [int(found[1]) for entry in entries if (found := re.fullmatch(re.escape(name) + r"-(\d{1,9})", entry))]
    return parent / f"{name}-{max(taken, default=0) + 1}"
