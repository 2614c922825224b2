"""``rnnctl resume`` as a function: continues a run from its newest whole checkpoint, to the same bits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnctl.config import Config
from rnnctl.config.dump import config_to_yaml
from rnnctl.errors import ConfigError, DataError, Fault, RunError
from rnnctl.runs.checkpoints import remove_after
from rnnctl.runs.checkpoints_reading import Checkpoint
from rnnctl.runs.environment import describe_environment
from rnnctl.runs.run_check import check_run
from rnnctl.runs.run_folder import RunFolder
from rnnctl.runs.trained_run import read_config
from rnnctl.trackers.following import Following
from rnnctl.workflows.resume_checks import (
    ChangedDataError,
    bits_may_differ,
    check_config,
    check_data,
    check_not_over,
    find_checkpoint,
    rate_follows_length,
)
from rnnctl.workflows.run_writer import RunWriter
from rnnctl.workflows.train import TrainRun


@dataclass(frozen=True)
class Start:
    """The state that a run is resumed from.

    Attributes:
        folder: The run folder, locked.
        config: The config, with the length that is asked for now.
        length_before: The length in the config before, as ``{"steps": …, "epochs": …}``; None where it is unchanged.
        checkpoint: The checkpoint; None for the very beginning.
        notices: Sentences for the user.
    """

    folder: RunFolder
    environment: dict[str, Any]
    config: Config
    length_before: dict[str, int | None] | None
    checkpoint: Checkpoint | None
    notices: tuple[str, ...]

    @property
    def step(self) -> int:
        """Steps taken before."""
        return self.checkpoint.snapshot.step if self.checkpoint else 0


class ResumedRun(TrainRun):
    """A `TrainRun` whose first step is the one after a checkpoint."""

    def __init__(self, start: Start, command: Sequence[str], following: Following | None) -> None:
        self._start = start
        super().__init__(start.config, None, command, following=following)

    def _open_writer(self, out: Path | None, command: Sequence[str]) -> RunWriter:
        start, loop = self._start, self._loop
        check_data(start.folder.path, start.environment, self.dataset.fingerprints)
        if start.length_before is not None and loop.schedule.total_steps <= start.step:
            raise RunError(
                f"{start.folder.path}: the run has taken {start.step:,} steps already, and the length asked for is "
                f"{loop.schedule.total_steps:,}; both count from the run's first step: ask for more"
            )
        self.following.check(start.folder.path)
        now = describe_environment(
            command, seed=self.config.seed, fingerprints=self.dataset.fingerprints, **self.ran_on
        )
        if start.checkpoint is not None:
            if loop.state is not None:
                loop.state.check(start.checkpoint.snapshot, str(start.checkpoint.path))
            loop.restore(start.checkpoint.snapshot)
        self._truncate(start, now)
        self.notices = (*start.notices, *bits_may_differ(start.environment, now))
        if start.length_before is not None and rate_follows_length(self.config):
            notice = "the cosine of the learning rate now ends with the new last step, so the rate jumps here"
            self.notices = (*self.notices, notice)
        best = [record.step for record in self.validations if record.is_best]
        if start.checkpoint is not None and "best" in start.checkpoint.snapshot.reasons:
            best.append(start.step)
        last = max(best, default=None)
        return RunWriter(self._built, None, command, again=start.folder, about=self._about, best=last)

    def _truncate(self, start: Start, now: dict[str, Any]) -> None:
        """Truncates the folder after the checkpoint, once all checks have passed."""
        past = start.folder.rewind(start.step)
        remove_after(start.folder.path, start.step)
        if start.length_before is not None:
            start.folder.write_config(config_to_yaml(start.config))
        start.folder.note_resumption(
            {"from_step": start.step, "length_before": start.length_before, "environment": now}
        )
        self._loop.last = past.last
        seconds = start.checkpoint.about.get("seconds") if start.checkpoint else None
        self._totals.resume(past, float(seconds) if isinstance(seconds, int | float) else 0.0)


def resume_steps(
    run: str | os.PathLike[str],
    *,
    steps: int | None = None,
    epochs: int | None = None,
    command: Sequence[str] = (),
    following: Following | None = None,
) -> ResumedRun:
    """Prepares to continue a run; iterating over the result trains.

    Args:
        run: The run, or its folder; nothing else is needed but the data file that it was trained on.
        steps: Total optimizer steps, counted from the run's first, in place of the config's length.
        epochs: Total epochs, likewise.
        following: Trackers that log the run; one that logged it before continues.

    Raises:
        NothingLeftError: The run is finished, and no greater length is asked for.
        RunError: The folder is no run, is being written by another process, or cannot be continued.
        ConfigError: Its config is not valid any more, or ``steps`` and ``epochs`` are both given.
        DataError: The data has moved or changed.
    """
    if steps is not None and epochs is not None:
        raise ConfigError([Fault("resume", None, None, "", "steps and epochs are both given; keep one of them")])
    path = Path(run)
    environment = check_run(path)
    config = read_config(path, environment)
    folder = RunFolder(path)
    try:
        longer = config
        if steps is not None or epochs is not None:
            training = config.training.model_copy(update={"steps": steps, "epochs": epochs})
            longer = config.model_copy(update={"training": training})
        before = None if longer == config else config.training.model_dump(include={"steps", "epochs"})
        check_not_over(path, extended=longer != config)
        checkpoint, notices = find_checkpoint(path)
        if checkpoint is not None:
            check_config(checkpoint, config)
        start = Start(folder, environment, longer, before, checkpoint, notices)
        try:
            return ResumedRun(start, command, following)
        except ChangedDataError:
            raise
        except DataError as error:
            advice = "a run goes on with the data that it began with: put it back where it was"
            raise DataError(f"{error}\n{advice}") from error
    except BaseException:
        folder.close()
        raise
