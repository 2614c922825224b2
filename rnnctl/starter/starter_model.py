"""How large a model, and how long to train it, for data of a size: the sections below ``data`` in a starter config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rnnctl.starter.starter import Line, entry, section

_ENOUGH_STEPS = 2000


@dataclass(frozen=True, slots=True)
class Size:
    """How large a model, and how long to train it.

    Attributes:
        units: Size of the recurrent layer's state.
        batch_size: Sequences in a batch.
        epochs: Passes over the training split.
        validated: Whether there is a validation split.
    """

    units: int
    batch_size: int
    epochs: int
    validated: bool = True


def size_for(sequences: int, *, validated: bool = True) -> Size:
    """Larger models and batches and fewer epochs for more data: some two thousand optimizer steps.

    A hundred epochs at most where a validation split can end training early, and thirty where there is none.

    Args:
        sequences: Training sequences.
        validated: Whether there is a validation split.
    """
    batch = next((size for size, most in ((32, 5_000), (64, 50_000), (128, 500_000)) if sequences < most), 256)
    epochs = max(1, min(100 if validated else 30, -(-_ENOUGH_STEPS * batch // sequences)))
    return Size(32 if sequences < 2_000 else 64, batch, epochs, validated)


def model_lines(size: Size, loss: str, *, each_step: bool) -> list[Line]:
    """The sections ``model``, ``loss`` and ``optimizer``.

    Args:
        size: How large.
        loss: The loss that goes with the targets.
        each_step: Whether there is an output at every time step.
    """
    told = "an output, and so a loss, at every time step" if each_step else "one output, at the end of the sequence"
    return [
        Line("model:"),
        Line("  layers:"),
        Line(f"    - {{cell: gru, units: {size.units}}}", "lstm and simple_rnn are the other cells"),
        entry(2, "head", "dense"),
        entry(2, "return_sequences", each_step, told),
        entry(0, "loss", loss),
        entry(
            0,
            "optimizer",
            {"kind": "adam", "learning_rate": 0.003, "global_clipnorm": 1.0},
            "clipping keeps one bad batch from doing harm",
        ),
    ]


def training_lines(size: Size) -> list[Line]:
    """The section ``training``.

    Args:
        size: How long, in which batches.
    """
    pairs: dict[str, tuple[Any, str]] = {
        "epochs": (size.epochs, "at most" if size.validated else "there is no validation split to stop early by"),
        "batch_size": (size.batch_size, ""),
    }
    if size.validated:
        pairs["early_stopping"] = ({"patience": 10}, "stops when the validation loss gets no better")
    return section("training", pairs)
