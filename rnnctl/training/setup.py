"""Data, schedule and model → the training loop, the header of a run, and evaluators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rnnctl import backend
from rnnctl.config import Config
from rnnctl.data import Sequences
from rnnctl.data.class_weights import described
from rnnctl.model.build import build_model
from rnnctl.model.describe import describe_cells, describe_optimizer
from rnnctl.model.losses import build_loss
from rnnctl.model.optimizers import build_optimizer
from rnnctl.model.weights import weight_paths
from rnnctl.results.training import RunHeader, Snapshot, Stopping
from rnnctl.training.batch_parts import choose_parts
from rnnctl.training.buckets import MUCH_PADDING
from rnnctl.training.build import Built
from rnnctl.training.early_stopping import BestWeights
from rnnctl.training.evaluate import Evaluator
from rnnctl.training.feeds import Feed, choose_feed
from rnnctl.training.loop import TrainingLoop
from rnnctl.training.program import TrainingProgram
from rnnctl.training.schedule import Schedule
from rnnctl.training.training_state import TrainingState
from rnnctl.training.truncation import CarriedStates
from rnnctl.training.update_ratios import UpdateRatios
from rnnctl.util.format import percent


def make_loop(built: Built, before: Sequence[TrainingLoop] = ()) -> TrainingLoop:
    """Makes the training loop; iterate over it to train.

    Args:
        before: Loops that trained the same model on rows of the same data, from other weights: what was compiled for
            one of them is used where it fits. They cannot be gone on with.
    """
    config, dataset, model = built.config, built.dataset, built.model
    validated = dataset.validation if not config.training.with_validation else None
    for like in before:
        if like.program.takes(built.schedule):
            if like.program.feed.sequences is not built.schedule.sequences:
                like.program.feed = _make_feed(built.schedule)
            best = BestWeights(model, config.training.early_stopping, like.state.weight_names)
            validate = None if validated is None else like.validate
            of_before = like.program, built.schedule, best, like.state, validate, like.every
            return TrainingLoop(*of_before, updates=like.updates)
    program = make_program(built)
    validate = None
    if validated is not None:
        validate = make_evaluator(config, model, validated, last_only=dataset.forecast).loss
    state = TrainingState(model, program.optimizer, {} if program.carried is None else program.carried.named())
    best = BestWeights(model, config.training.early_stopping, state.weight_names)
    updates = UpdateRatios(dict(zip(weight_paths(model), model.trainable_variables, strict=True)))
    return TrainingLoop(program, built.schedule, best, state, validate, config.gradients.every, updates=updates)


def initial_state(built: Built) -> Snapshot:
    """What training begins with: weights, dropout's and the optimizer's variables as a new model's are."""
    config, schedule = built.config, built.schedule
    model = build_model(config, built.dataset.signature)
    optimizer = build_optimizer(config.optimizer, schedule.total_steps)
    optimizer.build(model.trainable_variables)
    carried = CarriedStates(model, schedule.batch_size).named() if schedule.shape.piece else {}
    return TrainingState(model, optimizer, carried).take(0, Stopping())


def make_program(built: Built, *, norms: bool = True, loops_only: bool | None = None) -> TrainingProgram:
    """Makes the training program, not compiled yet.

    Args:
        built: Config, data, schedule and model.
        norms: Whether gradients' norms are computed at all.
        loops_only: See `TrainingProgram`; None as the schedule says.
    """
    config, schedule = built.config, built.schedule
    features, time_steps = built.dataset.signature.features, schedule.shape.time_steps
    return TrainingProgram(
        built.model,
        build_loss(config.loss, built.class_weights),
        build_optimizer(config.optimizer, schedule.total_steps),
        config.optimizer,
        _make_feed(schedule),
        batch_size=schedule.batch_size,
        even=schedule.even,
        through_time=config.gradients.through_time,
        norms=norms,
        parts=choose_parts(config, features, time_steps, schedule.batch_size),
        loops_only=schedule.loops_only if loops_only is None else loops_only,
    )


def _make_feed(schedule: Schedule) -> Feed:
    return choose_feed(schedule.sequences, schedule.batch_size, schedule.shape, schedule.room)


def describe_loop(config: Config, loop: TrainingLoop) -> dict[str, Any]:
    """How the steps are run on this machine, for ``environment.json``."""
    shape = loop.program.feed.shape
    return {
        "device": backend.device_name(),
        "batches_from": loop.program.feed.way,
        "parts_of_a_batch": loop.program.parts,
        "loops_only": loop.program.loops_only,
        "widths": list(shape.padded_lengths),
        "sequences_of_each_width": list(shape.batch_sizes),
        "padded_time_steps": round(loop.schedule.epochs.padding, 4),
        "xla": True,
        "deterministic": config.training.deterministic,
    }


def make_header(built: Built, loop: TrainingLoop) -> RunHeader:
    """Describes a run before its first step."""
    config, dataset, schedule = built.config, built.dataset, built.schedule
    return RunHeader(
        name=config.name,
        cells=describe_cells(config),
        weights=sum(int(variable.value.shape.num_elements()) for variable in built.model.trainable_variables),
        loss=config.loss.kind,
        optimizer=describe_optimizer(config.optimizer),
        sequences=len(dataset.train),
        time_steps=dataset.train.length,
        features=dataset.signature.features,
        outputs=dataset.signature.outputs,
        weight_paths=loop.program.layout.weights,
        state_paths=loop.program.layout.states,
        total_steps=schedule.total_steps,
        clips=config.optimizer.clips,
        notes=(*dataset.notes, *_notes_of_weights(built), *_schedule_notes(config, schedule)),
        truncated=schedule.truncate,
    )


def _notes_of_weights(built: Built) -> Iterator[str]:
    if built.class_weights is not None:
        yield described(built.dataset, built.class_weights)


def _schedule_notes(config: Config, schedule: Schedule) -> Iterator[str]:
    """What of the schedule a user may not expect."""
    shape, padding = schedule.shape, schedule.epochs.padding
    asked, batch_size, sequences = config.training.batch_size, schedule.batch_size, len(schedule.sequences)
    # Only a batch size that the user wrote is worth a note, not the default.
    if asked > sequences and "batch_size" in config.training.model_fields_set:
        yield (
            f"training.batch_size is {asked} and there are {sequences} training sequences: "
            f"every step sees all {sequences}; set training.batch_size: {sequences} or less"
        )
    buckets = zip((0, *shape.padded_lengths), shape.batch_sizes, strict=False)
    if fewer := [f"{size} for those of more than {longer} time steps" for longer, size in buckets if size < batch_size]:
        yield (
            f"so that less is padded, batches hold fewer than {batch_size} sequences where these are long: "
            + ", ".join(fewer)
        )
    if padding > MUCH_PADDING:
        yield (
            f"{percent(padding)} of the time steps gone through are padding: the sequences of a batch differ much "
            "in length; a smaller training.batch_size, or more sequences, would pad less"
        )


def make_evaluator(config: Config, model: Any, sequences: Sequences, *, last_only: bool = False) -> Evaluator:
    """Makes the evaluator of a model on a split; see `Evaluator`."""
    return Evaluator(model, build_loss(config.loss), sequences, last_only=last_only)
