"""The sections below ``data`` in a starter config: a model and a length of training for the size of the data."""

from __future__ import annotations

from dataclasses import dataclass

from rnnctl.cells.table import other_cells
from rnnctl.config.first_step import FIRST_STEP
from rnnctl.losses import losses_for
from rnnctl.starter.yaml_lines import Keys, Line, entries, entry
from rnnctl.util.format import listed

_PATIENCE = 10
_FEWEST_EPOCHS = 3
"""Epochs below which training cannot end early."""

_SOME, _SOME_MEMBERS = 5_000, 3
"""Of forecasts of numbers: sequences below which there are several nets, and how many."""

_FEW, _FEW_STEPS, _MEMBERS, _DECAY, _ABSOLUTE = 1_000, 300, 5, 1.0, "mae"
"""Of forecasts of numbers: sequences below which the data is little, and what is done then; and the loss. Chosen on the
first 85 % of the rows of 28 public series, scored on the last 15 % of these."""


@dataclass(frozen=True, slots=True)
class Size:
    """Size of the recurrent layer's state, sequences in a batch, most epochs, nets, and whether there is validation."""

    units: int
    batch_size: int
    epochs: int
    validated: bool = True
    members: int = 1
    small: bool = False
    """Whether the data is so little that a net soon knows it by heart."""


def size_for(sequences: int, *, validated: bool = True, numbers_ahead: bool = False) -> Size:
    """Larger models and batches and fewer epochs for more training sequences: some two thousand optimizer steps.

    A hundred epochs at most where a validation split can end training early, and thirty where there is none. Of little
    data for a forecast of numbers, several small nets and some three hundred steps each; of more, up to
    some thousands, three nets.
    """
    batch = next((size for size, most in ((32, 5_000), (64, 50_000), (128, 500_000)) if sequences < most), 256)
    while batch > max(1, sequences):  # each step would see the same
        batch //= 2
    if numbers_ahead and validated and sequences < _FEW:
        return Size(16, batch, -(-_FEW_STEPS * batch // max(1, sequences)), members=_MEMBERS, small=True)
    epochs = max(1, min(100 if validated else 30, -(-2000 * batch // sequences)))
    members = _SOME_MEMBERS if numbers_ahead and validated and sequences < _SOME else 1
    return Size(32 if sequences < 2_000 else 64, batch, epochs, validated, members)


def model_lines(size: Size, target_kind: str, *, per_step: bool, ahead: bool = False) -> list[Line]:
    """The sections ``model``, ``loss``, ``optimizer`` and ``training``.

    Args:
        ahead: Whether rows to come are predicted.
    """
    why = "an output, and so a loss, at every time step" if per_step else "one output, at the end of the sequence"
    loss, why_loss = losses_for(target_kind)[0], ""
    optimizer = {"kind": "adam", "learning_rate": 0.003, "global_clipnorm": 1.0}
    why_optimizer = "clipping keeps one bad batch from doing harm"
    if ahead and target_kind == "number":
        loss, why_loss = _ABSOLUTE, "errors count by their size, so that a few large ones do not rule"
    if size.small:
        optimizer = {"kind": "adamw", "learning_rate": 0.005, "weight_decay": _DECAY, "global_clipnorm": 1.0}
        why_optimizer = "strong decay keeps the weights small, since the data is little"
    training: Keys = {
        "epochs": (size.epochs, _why_epochs(size)),
        "batch_size": (size.batch_size, ""),
    }
    if size.validated and size.epochs >= _FEWEST_EPOCHS:
        patience = size.epochs // 3 if size.small else min(_PATIENCE, size.epochs // 3)
        training["early_stopping"] = ({"patience": patience}, "stops when the validation loss gets no better")
        if size.members > 1:
            training["refit"] = True, "each net is trained again with the validation rows, as long as was best without"
    if size.members > 1:
        training["members"] = size.members, "nets, of which the mean is predicted: it errs less than one net does"
    if size.validated and ahead and target_kind == "number":
        training["naive_weight"] = "auto", "the naive forecast's share: 1 where the net does not beat it in validation"
        if size.members > 1:
            training["smoothing"] = True, "exponential smoothing may have that share; both together err less than each"
    return [
        Line("model:"),
        Line("  layers:"),
        _cell_line("gru", size.units),
        entry(2, "head", "dense"),
        entry(2, "return_sequences", per_step, why),
        entry(0, "loss", loss, why_loss),
        entry(0, "optimizer", optimizer, why_optimizer),
        Line("training:"),
        *entries(training),
    ]


def _why_epochs(size: Size) -> str:
    if not size.validated:
        return "there is no validation split to stop early by"
    return "at most" if size.epochs >= _FEWEST_EPOCHS else "so many sequences need few of them"


def _cell_line(cell: str, units: int) -> Line:
    others = listed([other.word for other in other_cells(cell)], "and")
    return Line(f"    - {{cell: {cell}, units: {units}}}", f"{others} are the other cells")


def first_example_lines() -> list[Line]:
    """The built-in first example, with every key that it sets."""
    data = FIRST_STEP.data.model_dump(mode="json")
    whys = {"kind": "inputs and targets drawn from N(0, 1): nothing to learn", "length": "time steps"}
    layer, optimizer, training = FIRST_STEP.model.layers[0], FIRST_STEP.optimizer, FIRST_STEP.training
    return [
        Line("", "The built-in first example. For a config of your own data: rnnctl init --from FILE"),
        entry(0, "seed", FIRST_STEP.seed),
        Line("data:"),
        *entries({key: (data[key], whys.get(key, "")) for key in ("kind", *data) if key != "split"}),
        Line("model:"),
        Line("  layers:"),
        _cell_line(layer.cell, layer.units),
        entry(2, "head", FIRST_STEP.model.head, "the layer's last output is compared with the targets"),
        entry(0, "loss", FIRST_STEP.loss.kind),
        entry(0, "optimizer", {"kind": optimizer.kind, "learning_rate": optimizer.learning_rate}),
        entry(0, "training", {"steps": training.steps, "batch_size": training.batch_size}),
    ]
