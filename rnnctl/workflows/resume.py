"""``rnnctl resume`` as a function: continues a run from its newest whole checkpoint, to the same bits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rnnctl.config import Config
from rnnctl.config.dump import config_to_yaml
from rnnctl.errors import ConfigError, DataError, Fault, RunError
from rnnctl.runs.checkpoints import remove_after
from rnnctl.runs.differences import environment_differences
from rnnctl.runs.members import REFIT, is_trained, member_folders
from rnnctl.runs.run_check import check_run, read_summary
from rnnctl.runs.run_files import disk_errors, remove_tree
from rnnctl.runs.run_folder import ENVIRONMENT, STEPS, RunFolder
from rnnctl.runs.step_history import read_step_history
from rnnctl.runs.trained_run import checked_weights, data_gone, read_config
from rnnctl.trackers.following import Following
from rnnctl.workflows.resume_checks import (
    ChangedDataError,
    check_config,
    check_data,
    check_kept,
    check_not_over,
    find_checkpoint,
    rate_follows_length,
)
from rnnctl.workflows.run_writer import RunWriter
from rnnctl.workflows.train import Net, TrainRun, steps_kept


class ResumedRun(TrainRun):
    """A `TrainRun` whose first step is the one after a checkpoint.

    Args:
        folder: The run folder, locked.
        environment: The content of its ``environment.json``.
        config: Its config.
        longer: The config with the length that is asked for now.
        force: Whether recorded steps may be dropped for good.
        first: The run whose further net this is.
    """

    def __init__(
        self,
        folder: RunFolder,
        environment: Mapping[str, Any],
        config: Config,
        longer: Config,
        command: Sequence[str],
        following: Following | None,
        *,
        force: bool,
        first: TrainRun | None = None,
    ) -> None:
        self._folder, self._then = folder, environment
        self._length_before = None if longer == config else config.training.model_dump(include={"steps", "epochs"})
        self._force = force
        if first is None:
            check_not_over(folder.path, config.training, extended=longer != config)
            self._check_further(config)
        self._checkpoint, self._found = find_checkpoint(folder.path, force=force)
        if self._checkpoint is not None:
            check_config(self._checkpoint.path.name, self._checkpoint.about, folder.path, config)
        else:
            check_config("the run", environment, folder.path, config)
        super().__init__(longer, None, command, following=following, first=first)

    def _check_further(self, config: Config) -> None:
        """Checks, before anything is written, that the other nets of an ensemble can be gone on with."""
        for number, path in enumerate(member_folders(self._folder.path, config.training.members), start=2):
            if not (path / ENVIRONMENT).exists():
                continue
            check_config("the run", {"config": config.member(number).model_dump(mode="json")}, path, _config_of(path))

    def _further(self, folder: Path | None, config: Config) -> TrainRun | Net:
        """Goes on with another net; one that was not begun is trained from its first step."""
        path = folder or Path()
        then = _config_of(path) if (path / ENVIRONMENT).exists() else None
        # A refit is as long as its net was found to need.
        if then is None or (config.training.with_validation and then.training != config.training):
            with disk_errors("remove", path), suppress(FileNotFoundError):
                remove_tree(path)
            return super()._further(folder, config)
        length = then.training.model_dump(include={"steps", "epochs"})
        before = config.model_copy(update={"training": config.training.model_copy(update=length)})
        summary = read_summary(path) or {}
        if is_trained(path) and (before == config or summary["stopped"] == "early stopping"):
            steps = steps_kept(config, self._loop.schedule, summary["steps"], summary.get("best_epoch"))
            return Net(checked_weights(path), steps)
        locked = RunFolder(path)
        try:
            # The steps that are recorded after its checkpoint come out the same again, if they are dropped or not.
            return ResumedRun(locked, check_run(path), before, config, self._command, None, force=True, first=self)
        except BaseException:
            locked.leave()
            raise

    def _open_writer(self, out: Path | None) -> RunWriter:
        """Checks and reads all that there is, and changes nothing in the folder; the writer's ``begin`` does."""
        path, checkpoint = self._folder.path, self._checkpoint
        done = 0 if checkpoint is None else checkpoint.snapshot.step
        check_data(path, self._then, self.dataset.fingerprints)
        self._check_length(done)
        self.following.check(path)
        if checkpoint is not None:
            self._loop.state.check(checkpoint.snapshot, str(checkpoint.path))
            self._loop.restore(checkpoint.snapshot)
            self._totals.seconds_before = float(checkpoint.about.get("seconds") or 0.0)
        states = dict.fromkeys(self.header.state_paths, self._built.schedule.backward_length) or None
        past, cut = self._folder.rewind(done, self.header.weight_paths, states)
        self._loop.last, self._totals.first, self._totals.through_time = past.last, past.first, past.through_time
        self.validations.extend(past.validations)
        losses, updates = read_step_history(path / STEPS).until(done)
        self._totals.losses.extend(losses)
        self._totals.updates.extend(updates)
        self.notices = (*self._found, *self._changes())
        note = self._folder.note_resumption(
            {"from_step": done, "length_before": self._length_before, "environment": self.environment}
        )

        def begin() -> None:
            note()  # what may find the disk full comes first
            if self._length_before is not None:
                self._folder.write_config(config_to_yaml(self.config))
            cut()
            remove_after(path, done)
            if self._length_before is not None:  # what follows from the length that it had
                with disk_errors("remove", path / REFIT), suppress(FileNotFoundError):
                    remove_tree(path / REFIT)

        best = [record.step for record in self.validations if record.is_best]
        if checkpoint is not None and "best" in checkpoint.snapshot.reasons:
            best.append(done)
        return RunWriter(self._folder, self._built, self._about, max(best, default=None), begin)

    def _check_length(self, done: int) -> None:
        """Checks that there are steps left to take, and that no recorded step is lost."""
        path, total = self._folder.path, self._loop.schedule.total_steps
        if self._length_before is not None and total <= done:
            raise RunError(
                f"{path}: the run has taken {done:,} steps already, and the length asked for is {total:,}; both count "
                "from the run's first step: ask for more"
            )
        if not self._force:
            check_kept(path, total)

    def _changes(self) -> Iterator[str]:
        """What makes the steps from here on others than those of a run that never stopped."""
        if changes := environment_differences(self._then, self.environment):
            because = f"because this is not what it began on: {'; '.join(changes)}"
            yield f"the run may not continue to the same bits, {because}"
        if self._length_before is not None and rate_follows_length(self.config):
            yield "the cosine of the learning rate now ends with the new last step, so the rate jumps here"


def _config_of(path: Path) -> Config:
    return read_config(path, check_run(path))


def resume_steps(
    run: str | os.PathLike[str],
    *,
    steps: int | None = None,
    epochs: int | None = None,
    force: bool = False,
    command: Sequence[str] = (),
    following: Following | None = None,
) -> ResumedRun:
    """Prepares to continue a run; iterating over the result trains.

    Args:
        run: The run, or its folder; nothing else is needed but the data file that it was trained on.
        steps: Total optimizer steps, counted from the run's first, in place of the config's length.
        epochs: Total epochs, likewise.
        force: Whether recorded steps may be dropped for good: those of a run that has no checkpoint, which then begins
            at step 1, and those beyond the length asked for.
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
        return ResumedRun(folder, environment, config, longer, command, following, force=force)
    except BaseException as error:
        folder.leave()
        if not isinstance(error, DataError) or isinstance(error, ChangedDataError):
            raise
        advice = "a run is resumed with the data that it began with"
        raise DataError(f"{error}\n{advice}; {data_gone(path, config) or 'put it back as it was'}") from error
