"""``rnnctl train`` as a function: builds, trains, tests, writes the run folder, and yields what happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.errors import NonFiniteError, RnnctlError, RunError
from rnnctl.results.diagnosis import Cause
from rnnctl.results.evaluation import NETWORK
from rnnctl.results.training import NetRecord, RunHeader, Snapshot, StepRecord, Summary, ValidationRecord, name_of_net
from rnnctl.runs.environment import describe_environment, package_versions
from rnnctl.runs.members import DONE, member_folders, refit_folders
from rnnctl.runs.run_folder import RunFolder
from rnnctl.runs.temporary import ensure_temporary_folder
from rnnctl.trackers.following import Following
from rnnctl.trackers.tracker import Beginning
from rnnctl.training.build import Built, build
from rnnctl.training.schedule import Schedule
from rnnctl.util.format import command, counted
from rnnctl.util.progress import REDRAW_SECONDS, notify
from rnnctl.workflows.checkpointing import naming_the_last
from rnnctl.workflows.ending import said_of, tested, write_page_about
from rnnctl.workflows.held_out import chosen_combination
from rnnctl.workflows.interrupts import StopRequest, stop_on_signals
from rnnctl.workflows.run_writer import RunWriter
from rnnctl.workflows.summary import SummaryBuilder

if TYPE_CHECKING:
    from rnnctl.training.loop import TrainingLoop

Event = StepRecord | ValidationRecord | NetRecord | Summary


class Net(NamedTuple):
    """A net that is trained to its end.

    Attributes:
        weights: By their paths.
        steps: The step that they are of.
    """

    weights: Mapping[str, Any]
    steps: int


def steps_kept(config: Config, schedule: Schedule, done: int, best_epoch: int | None) -> int:
    """The step that the kept weights of a net are of.

    Args:
        done: Steps that it has taken.
        best_epoch: Epoch of its best validation.
    """
    stopping = config.training.early_stopping
    if best_epoch is None or stopping is None or not stopping.restore_best_weights:
        return done
    return min(done, best_epoch * schedule.steps_per_epoch)


class TrainRun:
    """One training run, prepared: iterate over it to train.

    Args:
        out: Folder that the run folder is made in; None writes nothing.
        command: The command line, for the record.
        until: Step after which the run ends as if it were interrupted; None trains to its end.
        following: Trackers of the run; None for none.
        first: The run whose further net this is: its data, model and compiled programs serve this one. ``out`` is then
            the net's own folder.
        alone: Whether this net alone is trained, whatever the config says of others.

    Attributes:
        config: The config, with names of columns in place of patterns.
        model: The ``keras.Model`` in training.
        header: Description of the run before the first step.
        folder: The run folder; None where nothing is written.
        validations: Validation losses so far.
        summary: The summary; None before the run's end.
        notices: Messages for the user before the first step.
        afterwards: Messages for the user after the last event.
        causes: Why the run did not learn, as its record shows, the likeliest first; empty where it learns, unless
            ``always_judged``, and of a run without a folder.
        always_judged: Whether causes are looked for where the run learns, too; ``healthy`` is then a cause.
    """

    def __init__(
        self,
        config: Config,
        out: Path | None,
        command: Sequence[str],
        *,
        until: int | None = None,
        following: Following | None = None,
        first: TrainRun | None = None,
        alone: bool = False,
    ) -> None:
        began = time.perf_counter()
        if out is not None:
            ensure_temporary_folder(out)
        self._first, self._alone = first, alone or first is not None
        self._built = built = build(config) if first is None else Built.of(config, first.dataset, first.model)
        from rnnctl.training.checkpoint_schedule import CheckpointSchedule
        from rnnctl.training.setup import initial_state, make_header, make_loop

        self.config = built.config
        self.dataset: Dataset = built.dataset
        self.model: Any = built.model
        self.summary: Summary | None = None
        self.notices: tuple[str, ...] = ()
        self.afterwards: tuple[str, ...] = ()
        self.causes: tuple[Cause, ...] = ()
        self.always_judged = False
        self.following = following or Following()
        self._command = command
        self._loops: list[TrainingLoop] = [] if first is None else first._loops
        self._loop = make_loop(built, self._loops)
        if all(self._loop.program is not loop.program for loop in self._loops):
            self._loops.append(self._loop)
        if first is not None:
            self._loop.state.put(initial_state(built))
            self._loop.updates = None  # a step that is measured is a call of its own; the first net's record shows them
        self._loop.until = until
        self.header: RunHeader = make_header(built, self._loop)
        self._totals = SummaryBuilder(built)
        self.validations = self._totals.validations
        self._left: str | None = None
        self._wrong: NonFiniteError | None = None
        self._stopped = self._where = ""
        self._weights: dict[str, Any] | None = None
        self._nets: list[Net] = []
        self._refits: list[Net] = []
        self._writer = self._open_writer(out)
        self.folder = None if self._writer is None else self._writer.path
        if self._writer is not None:
            self._loop.checkpoints = CheckpointSchedule(self.config.checkpoints)
        self._totals.seconds_before += time.perf_counter() - began

    @cached_property
    def environment(self) -> dict[str, Any]:
        """What the run is made with and runs on, for ``environment.json``."""
        if self._first is not None:
            return {**self._first.environment, "config": self.config.model_dump(mode="json")}
        from rnnctl.training.setup import describe_loop

        more = {**describe_loop(self.config, self._loop), "config": self.config.model_dump(mode="json")}
        fingerprints = self.dataset.fingerprints
        return describe_environment(self._command, seed=self.config.seed, fingerprints=fingerprints, **more)

    def _open_writer(self, out: Path | None) -> RunWriter | None:
        self.following.check(None)
        if out is None:
            return None
        folder = RunFolder.create(out, self.config.name) if self._first is None else RunFolder.make(out)
        return RunWriter.create(folder, self._built, self.environment, self._about)

    def _about(self, step: int) -> dict[str, Any]:
        """Fields of ``checkpoint.json`` at a step."""
        schedule, config = self._built.schedule, self.config.model_dump(mode="json")
        return {
            "epoch": schedule.epoch(step + 1),
            "batches_into_epoch": step % schedule.steps_per_epoch,
            "total_steps": schedule.total_steps,
            "learning_rate": config["optimizer"]["learning_rate"],
            "seconds": self._totals.seconds,
            "config": config,
            "data": dict(self.dataset.fingerprints),
            "versions": package_versions(),
        }

    def __fspath__(self) -> str:
        if self.folder is None:
            raise RunError("this run writes no folder, which is needed here; give train_steps a folder as out")
        return str(self.folder)

    def __iter__(self) -> Iterator[StepRecord]:
        """Trains, and yields a record for every optimizer step."""
        return (event for event in self.events() if isinstance(event, StepRecord))

    def events(self) -> Generator[Event, None, None]:
        """Trains, and yields every step, every validation, and at the end the summary.

        Raises:
            NonFiniteError: The loss or a gradient became NaN or infinite; what was done before is recorded.
            KeyboardInterrupt: Ctrl-C or SIGTERM, after the summary; what was done is recorded.
            RunError: The run folder cannot be written.
            RnnctlError: The run has been iterated over before; training runs ahead of what it yields.
        """
        if self._totals.began is not None:
            raise RnnctlError("this run has been iterated over before; prepare another one with rnnctl.train_steps")
        self._totals.began = time.perf_counter()
        try:
            with self.following:  # trackers that copy the run folder find it complete on exit
                yield from self._train()
                if self._writer is not None and self._writer.begun:
                    self.afterwards = (*self.afterwards, *self._speak_up(), *write_page_about(self._writer.path))
        except RunError as error:
            if self._writer is None:
                raise
            raise naming_the_last(error, self._writer.path, self._writer.checkpoints.last) from error
        if self._stopped == "interrupted" and self._loop.done != self._loop.until and self._left is None:
            raise KeyboardInterrupt
        if self._wrong is not None:
            raise self._wrong

    def _speak_up(self) -> Iterator[str]:
        """The likeliest cause, where the run did not learn."""
        if self.summary is not None and self.folder is not None and not self._alone:
            from rnnctl.workflows.speaking_up import recorded_causes

            try:
                self.causes = recorded_causes(self._built, self.folder, self.summary, always=self.always_judged)
                if self.causes and self.causes[0].word != "healthy":
                    first = self.causes[0]
                    because = f": {first.because[0]}" if first.because else ""
                    closer = command("diagnose", self.folder)
                    yield f"likeliest cause: {first.word}{because}; to look closer: {closer}"
            except Exception as error:  # the run itself is complete
                again = command("diagnose", self.folder)
                yield f"why it does not learn could not be looked at: {error}; to try again: {again}"

    def _train(self) -> Iterator[Event]:
        from rnnctl.model.weights import weight_arrays

        with self._writer or nullcontext(), stop_on_signals() as request, self._recorded():
            if self.following:
                known = self.header, self.config, self.environment, self.folder
                self.following.begin(Beginning(*known, self._loop.done, weight_arrays(self.model)))
            yield from self._net(request)
            yield from self._further_nets(request)
            summary = self._finish()
            with request:
                yield summary

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Writes an error of the block into the run's summary."""
        writer = self._writer
        try:
            yield
        except Exception as error:
            why = str(error) if isinstance(error, RnnctlError) else f"{type(error).__name__}: {error}"
            if writer is not None and writer.begun:
                with suppress(RunError):  # the disk may be full or gone
                    writer.finish(self._totals.summary(self._loop, "failed", {}, why))
            raise

    def _net(self, request: StopRequest) -> Iterator[StepRecord | ValidationRecord]:
        """Trains the net of this folder, to its last checkpoint and its weights."""
        from rnnctl.model.weights import weight_arrays
        from rnnctl.training.nonfinite import explain

        loop, leads = self._loop, self._first or self
        loop.stop = lambda: request() or leads._left is not None
        loop.at_once = lambda: request.at_once
        with closing(iter(loop)) as records:
            for record in records:
                if isinstance(record, Snapshot):
                    self._keep(record)
                    continue
                with request:  # what is written is yielded too, and a burst of steps is written whole
                    self._note(record)
                    yield record
        self._stopped = loop.stopped
        if loop.stopped == "non-finite":
            self._wrong = explain(loop, self._built.schedule.sequences)
        finite, writer = self._wrong is None, self._kept
        if writer is not None:
            writer.begin()
            writer.checkpoints.finish(loop.snapshot("last") if finite and loop.done else None)
        if finite:
            loop.best.restore()
            # A step that is not finite ruins the weights; the newest checkpoint has those from before it.
            self._weights = weight_arrays(self.model)
            if writer is not None:
                writer.write_weights(self._weights)

    @property
    def _kept(self) -> RunWriter | None:
        """What writes the folder; None where a run that is resumed took no step, which stays as it is."""
        writer = self._writer
        return None if writer is not None and not writer.begun and self._loop.stopped == "interrupted" else writer

    def _further_nets(self, request: StopRequest) -> Iterator[NetRecord]:
        """Trains the other nets, one after the other: those of an ensemble, then each one anew on more rows."""
        training, total = self.config.training, self._loop.schedule.total_steps
        if self._alone or self._stopped not in DONE:
            return
        self._nets.append(self._trained)
        first, count = training.member, training.members
        configs = [self.config.member(number) for number in range(first, first + count)]
        for number, folder in enumerate(self._folders(member_folders), start=2):
            yield from self._train_another(request, (number, count), folder, configs[number - 1], self._nets)
        if training.refit:
            for number, folder in enumerate(self._folders(refit_folders), start=1):
                if self._stopped in DONE:
                    config = configs[number - 1].refitted(self._nets[number - 1].steps, total)
                    yield from self._train_another(request, (number, count), folder, config, self._refits)

    def _folders(self, of: Callable[[Path, int], list[Path]]) -> list[Path | None]:
        members = self.config.training.members
        return [path if self.folder else None for path in of(self.folder or Path(), members)]

    def _train_another(
        self, request: StopRequest, which: tuple[int, int], folder: Path | None, config: Config, nets: list[Net]
    ) -> Iterator[NetRecord]:
        """Trains a net, unless an earlier one did not come to its end, and adds it to the others."""
        if self._stopped not in DONE:
            return
        net = self._further(folder, config)
        if isinstance(net, TrainRun):
            refit = config.training.with_validation
            name = name_of_net(*which, refit=refit)
            record = NetRecord(*which, refit, net._beside(request, name))
            self._stopped, self._wrong = net._stopped, net._wrong
            if self._stopped not in DONE:
                done, total = net._loop.done, counted(net._loop.schedule.total_steps, "step")
                self._where = f"in {name}, after {done:,} of {total}"
            with request:
                yield record
        if self._stopped in DONE:
            nets.append(net._trained if isinstance(net, TrainRun) else net)

    def _further(self, folder: Path | None, config: Config) -> TrainRun | Net:
        """The training of another net, or the net where it is trained already."""
        return TrainRun(config, folder, self._command, first=self)

    @property
    def _trained(self) -> Net:
        """The net of this folder, once it is trained to its end."""
        loop = self._loop
        return Net(self._weights or {}, steps_kept(self.config, loop.schedule, loop.done, loop.best.state.epoch))

    def _beside(self, request: StopRequest, name: str) -> Summary:
        """Trains a further net, and tells how far it is."""
        total, told = self._loop.schedule.total_steps, 0.0
        self._totals.began = time.perf_counter()
        with self._writer or nullcontext(), self._recorded():
            for record in self._net(request):
                if (seconds := self._totals.seconds) - told >= REDRAW_SECONDS:
                    told = seconds
                    notify(f"{name}: step {record.step:,} of {total:,}", min(record.step / total, 0.99), seconds)
            notify(name, 1.0, self._totals.seconds)
            self.summary = self._totals.summary(self._loop, self._stopped, {}, self._reason)
            if self._kept is not None:
                self._kept.finish(self.summary)
        return self.summary

    @property
    def _reason(self) -> str | None:
        """Why training ended before its time, for the record."""
        why = str(self._wrong) if self._wrong is not None else self._left if self._stopped == "interrupted" else None
        return ": ".join(filter(None, (self._where, why))) or None

    def stop(self, why: str) -> None:
        """Ends training between two steps, as Ctrl-C does; whoever iterates gets what was done until then.

        Args:
            why: For the run's record, in a sentence.
        """
        self._left = why

    def _note(self, record: StepRecord | ValidationRecord) -> None:
        self._totals.add(record)
        if self._writer is not None:
            self._writer.add(record)
        self.following.add(record)

    def _keep(self, snapshot: Snapshot) -> None:
        if self._writer is not None:
            self._writer.checkpoints.add(snapshot)
        self.following.weights(snapshot.step, {path: snapshot.model[path] for path in self.header.weight_paths})

    def _finish(self) -> Summary:
        loop, finite = self._loop, self._wrong is None
        built = replace(self._built, model=self._ensemble())
        if built.model is not self.model:
            built.model.rest()
        worth_testing = finite and loop.done > 0 and not self._alone
        combination = chosen_combination(built) if worth_testing else NETWORK
        test = tested(built, combination) if worth_testing else None
        metrics = {} if test is None else test[0].flat()
        self.afterwards = tuple(self._totals.remarks(loop))
        scores = None if test is None else test[0]
        worth = said_of(built, self.validations, scores, combination) if finite else ""
        self.summary = self._totals.summary(loop, self._stopped, metrics, self._reason, worth)
        if self._kept is not None:
            self._kept.finish(self.summary, test, combination)
        self.following.finish(self.summary, self._weights)
        return self.summary

    def _ensemble(self) -> Any:
        """The model, or where further nets are trained, all of them."""
        from rnnctl.model.ensemble import Ensemble

        chosen = [net.weights for net in self._nets]
        if self.config.training.refit and len(self._refits) == len(chosen) > 0:
            return Ensemble(self.model, [net.weights for net in self._refits], chosen)
        return Ensemble(self.model, chosen) if len(chosen) > 1 else self.model


def train_steps(
    config: Config,
    *,
    out: Path | str | None = None,
    command: Sequence[str] = (),
    following: Following | None = None,
) -> TrainRun:
    """Prepares a training run; iterating over it trains.

    ::

        run = rnnctl.train_steps(rnnctl.load_config("configs/sunspots.yaml"))
        for record in run:
            print(record.step, record.loss, record.gradient_norm)
        print(run.summary.metrics)

    Args:
        out: Folder that the run folder is made in; None writes nothing to disk.
        command: The command line, for the record in the run folder.
        following: Trackers that are told of the run, such as
            ``Following([rnnctl.trackers.tensorboard.TensorBoard()])``.

    Returns:
        The run: iterate over it for a ``StepRecord`` per optimizer step, or over its ``events()``.

    Raises:
        DataError: The data cannot be used.
        ConfigError: Model and data do not fit together.
        RunError: The run folder cannot be made, or a tracker cannot follow the run; then no run folder is.
    """
    return TrainRun(config, None if out is None else Path(out), command, following=following)
