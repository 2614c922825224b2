"""Config, data and model → the training loop, the header of a run, and the test at its end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl import backend
from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.model.describe import describe_cells, describe_optimizer
from rnnctl.model.losses import build_loss
from rnnctl.model.optimizers import build_optimizer
from rnnctl.model.weights import weight_paths
from rnnctl.results.training import RunHeader
from rnnctl.schema.checkpoints import Checkpoints
from rnnctl.scoring.classified import Classified
from rnnctl.training.best import BestWeights
from rnnctl.training.buckets import MUCH_PADDING
from rnnctl.training.course import batch_shape, horizon, training_plan, training_sequences
from rnnctl.training.due import Due
from rnnctl.training.evaluate import Evaluator
from rnnctl.training.feeds import choose_feed
from rnnctl.training.loop import TrainingLoop
from rnnctl.training.parts import choose_parts
from rnnctl.training.program import TrainingProgram
from rnnctl.training.state import TrainingState
from rnnctl.training.updates import Updates


def make_loop(config: Config, dataset: Dataset, model: Any) -> TrainingLoop:
    """Builds all that training needs.

    Args:
        config: The whole config.
        dataset: The data, split.
        model: The model to train.

    Returns:
        The loop; iterate over it to train.
    """
    program = make_program(config, dataset, model)
    plan = training_plan(config, dataset)
    loss = build_loss(config.loss)
    validate = None
    if dataset.validation is not None:
        validate = Evaluator(model, loss, dataset.validation, last_only=dataset.forecast).loss
    state = TrainingState(model, program.optimizer, {} if program.carried is None else program.carried.named())
    best = BestWeights(model, config.training.early_stopping, state.weight_names)
    weights = dict(zip(weight_paths(model), model.trainable_variables, strict=True))
    updates = Updates(weights)
    return TrainingLoop(program, plan, best, validate, config.gradients.every, state=state, updates=updates)


def make_due(checkpoints: Checkpoints) -> Due:
    """Says when checkpoints are due.

    Args:
        checkpoints: The section ``checkpoints``.
    """
    seconds = None if checkpoints.minutes is None else 60.0 * checkpoints.minutes
    return Due(checkpoints.steps, seconds, checkpoints.best)


def make_program(config: Config, dataset: Dataset, model: Any, *, norms: bool = True) -> TrainingProgram:
    """Builds the compiled steps alone.

    Args:
        config: The whole config.
        dataset: The data, split.
        model: The model to train.
        norms: Whether gradients' norms are computed at all.

    Returns:
        The program, not compiled yet.
    """
    plan = training_plan(config, dataset)
    sequences = training_sequences(config, dataset)
    shape = batch_shape(config, dataset, plan)
    return TrainingProgram(
        model,
        build_loss(config.loss),
        build_optimizer(config.optimizer, plan.total_steps),
        config.optimizer,
        choose_feed(sequences, plan.batch_size, shape),
        batch_size=plan.batch_size,
        even=plan.even,
        through_time=config.gradients.through_time,
        norms=norms,
        parts=choose_parts(config, dataset.signature.features, shape.time_steps, plan.batch_size),
    )


def describe_loop(config: Config, loop: TrainingLoop) -> dict[str, Any]:
    """Says how the steps are run on this machine, for ``environment.json``."""
    return {
        "device": backend.device_name(),
        "batches_from": loop.program.feed.way,
        "parts_of_a_batch": loop.program.parts,
        "widths": list(loop.program.feed.shape.widths),
        "sequences_of_each_width": list(loop.program.feed.shape.rows),
        "padded_time_steps": round(loop.plan.padding, 4),
        "xla": loop.program.jit_compile,
        "deterministic": config.training.deterministic,
    }


def make_header(config: Config, dataset: Dataset, model: Any, loop: TrainingLoop) -> RunHeader:
    """Says what is known of a run before its first step."""
    train = dataset.train
    return RunHeader(
        name=config.name,
        cells=describe_cells(config),
        weights=sum(int(variable.value.shape.num_elements()) for variable in model.trainable_variables),
        loss=config.loss.kind,
        optimizer=describe_optimizer(config.optimizer),
        sequences=len(train),
        time_steps=train.length,
        features=dataset.signature.features,
        outputs=dataset.signature.outputs,
        weight_paths=loop.program.layout.weights,
        state_paths=loop.program.layout.states,
        total_steps=loop.plan.total_steps,
        clips=config.optimizer.clips,
        notes=(
            *dataset.notes,
            *_notes(config, len(training_sequences(config, dataset))),
            *_smaller(loop),
            *_padding(loop),
        ),
        truncated=horizon(config, dataset),
    )


def _smaller(loop: TrainingLoop) -> tuple[str, ...]:
    """Says which batches hold fewer sequences than the batch size, which a user may not expect."""
    shape, batch_size = loop.program.feed.shape, loop.plan.batch_size
    above = dict(zip(shape.widths, (0, *shape.widths), strict=False))
    fewer = [(above[width], rows) for width, rows in zip(shape.widths, shape.rows, strict=False) if rows < batch_size]
    if not fewer:
        return ()
    told = ", ".join(f"{rows} for those of more than {longer} time steps" for longer, rows in fewer)
    return (f"so that less is padded, batches hold fewer than {batch_size} sequences where these are long: {told}",)


def _padding(loop: TrainingLoop) -> tuple[str, ...]:
    share = loop.plan.padding
    if share <= MUCH_PADDING:
        return ()
    return (
        f"{100 * share:.0f} % of the time steps gone through are padding: the sequences of a batch differ much in "
        "length; a smaller training.batch_size, or more sequences, would pad less",
    )


def _notes(config: Config, sequences: int) -> tuple[str, ...]:
    asked = config.training.batch_size
    # A default is nobody's wish: only a batch size that was written is worth a word.
    if asked <= sequences or "batch_size" not in config.training.model_fields_set:
        return ()
    return (
        f"training.batch_size is {asked} and there are {sequences} training sequences: "
        f"every step sees all {sequences}; set training.batch_size: {sequences} or less",
    )


def test_predictions(config: Config, dataset: Dataset, model: Any) -> npt.NDArray[np.float32] | Classified | None:
    """What the model says of the test split; None without one.

    Args:
        config: The whole config.
        dataset: The data, split.
        model: The trained model.

    Returns:
        The outputs, as ``Evaluator.predict`` gives them; of classes, of which there may be many, what scores need of
        them, as ``Evaluator.classify`` does.
    """
    if dataset.test is None:
        return None
    evaluator = Evaluator(model, build_loss(config.loss), dataset.test)
    return evaluator.classify() if dataset.target_kind == "category" else evaluator.predict()
