"""`train` and `resume`: training to the end in one call, with a progress line."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnctl.api.run import Run
from rnnctl.config import Config, load_config
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.temporary import ensure_temporary_folder
from rnnctl.util.format import duration, short
from rnnctl.util.progress import PATIENCE, ProgressLine, listener, listening
from rnnctl.workflows.frames import with_frame
from rnnctl.workflows.resume import resume_steps
from rnnctl.workflows.train import TrainRun, train_steps

if TYPE_CHECKING:
    from rnnctl.trackers.following import Following


def train(
    config: Config | str | os.PathLike[str],
    *,
    data: Any = None,
    out: str | os.PathLike[str] | None = None,
    following: Following | None = None,
    progress: bool | None = None,
) -> Run:
    """Trains to the end.

    ::

        run = rnnctl.train("configs/sunspots.yaml")
        print(run.summary.metrics["test_mae"], run.summary.metrics["naive_mae"])

    Args:
        config: The config, or the path of its file.
        data: A pandas or Polars DataFrame in place of the file in ``data.path``.
        out: Folder that the run folder is made in; None keeps the run in a temporary folder, which is deleted with the
            `Run` unless `Run.save` copies it.
        following: Trackers that follow the run, such as ``Following([TensorBoard()])``.
        progress: Whether a progress line is written to stderr; None does so in a terminal or notebook.

    Returns:
        The run.

    Raises:
        ConfigError: The config is wrong, or model and data do not fit together.
        DataError: The data cannot be used.
        NonFiniteError: The loss or a gradient became NaN or infinite.
        RunError: The run folder cannot be written, or a tracker cannot follow the run.
        KeyboardInterrupt: Ctrl-C; with ``out`` what was done is recorded, and `resume` continues it.
    """
    ensure_temporary_folder(None if out is None else Path(out))
    temporary = Path(tempfile.mkdtemp(prefix="rnnctl-")) if out is None else None
    folder = temporary or Path(os.fspath(out or ""))
    try:
        loaded = config if isinstance(config, Config) else load_config(os.fspath(config))
        if data is not None:
            loaded = with_frame(loaded, data, folder)
        return _finished(train_steps(loaded, out=folder, following=following), progress, temporary)
    except BaseException:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise


def resume(
    run: str | os.PathLike[str],
    *,
    steps: int | None = None,
    epochs: int | None = None,
    force: bool = False,
    following: Following | None = None,
    progress: bool | None = None,
) -> Run:
    """Continues a run to its end, to the same bits; the arguments and errors are those of `resume_steps` and `train`.

    Args:
        run: The run, or its folder.
        steps: Total optimizer steps, counted from the run's first; None for the config's length.
        epochs: Total epochs, likewise.
        force: Whether recorded steps may be dropped for good.
        following: Trackers that follow the run.
        progress: As for `train`.
    """
    resumed = resume_steps(run, steps=steps, epochs=epochs, force=force, following=following)
    return _finished(resumed, progress, None)


def _finished(steps: TrainRun, progress: bool | None, temporary: Path | None) -> Run:
    line, header, validation = ProgressLine(sys.stderr, enabled=progress), steps.header, ""
    before = listener()

    def hear(text: str, share: float | None, seconds: float | None = None) -> None:
        if seconds is None:
            before(text, share)
        elif share is not None and share >= 1:
            line.clear()  # so that the first step is drawn at once
        elif line.due and seconds >= PATIENCE:
            line.draw(f"{header.name}: {text}: {duration(seconds)}")

    try:
        with listening(hear):
            for event in steps.events():
                if isinstance(event, ValidationRecord):
                    validation = f" · validation {short(event.loss)}"
                elif isinstance(event, Summary):
                    losses = f"loss {short(event.first_loss)} → {short(event.final_loss)}"
                    line.draw(f"{header.name}: {event.stopped} after {event.steps:,} steps · {losses}{validation}")
                elif isinstance(event, StepRecord) and line.due:
                    parts = f"loss {short(event.loss)}{validation} · gradient {short(event.gradient_norm)}"
                    line.draw(f"{header.name}: step {event.step:,} of {header.total_steps:,} · {parts}")
    finally:
        line.close()
    return Run(steps, model=steps.model, temporary=temporary)
