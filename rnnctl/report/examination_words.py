"""An examination in words, for the console, the page and notebooks."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence

from rnnctl.cells import CELLS
from rnnctl.config.overrides import as_overrides
from rnnctl.results import Advice, ColumnFindings, Examination, LayerFindings, Trial, VariableFindings, Verdict
from rnnctl.util.format import counted, duration, percent, short

HOPELESS = ("exploding", "non-finite", "bad data")
"""Verdicts that end all training; the others but ``healthy`` ask for a change."""


def grave(word: str) -> str:
    """How grave a verdict is: ``good``, ``worrying`` or ``bad``."""
    return "good" if word == "healthy" else "bad" if word in HOPELESS else "worrying"


def most_telling(layers: Sequence[LayerFindings]) -> LayerFindings | None:
    """The layer to draw where there is room for one: the least reach for its time steps, then the strongest decay."""

    def rank(layer: LayerFindings) -> tuple[float, float]:
        return layer.reach_steps / max(layer.time_steps, 1), layer.decay_per_step or math.inf

    return min(layers, key=rank, default=None)


def subject(verdict: Verdict, *, several: bool) -> str:
    """The headline of a verdict, after its subject where there are several layers to tell apart."""
    name = verdict.subject
    if not several or name in {"network", "data"} or name in verdict.headline:
        return verdict.headline
    return f"{name}: {verdict.headline}"


def as_options(advice: Advice) -> list[str]:
    """A change as it is typed: ``--set model.layers.0.cell=gru``, an option for each key."""
    return [f"--set {shlex.quote(override)}" for override in as_overrides(advice.changes)]


def facts_of(found: Examination, norm: str = "|grad|") -> list[str]:
    """What was examined, in a few parts; ``norm`` is the gradient norm's name."""
    return [
        found.model,
        found.state,
        f"loss {short(found.loss)}",
        f"{norm} {short(found.gradient_norm)}",
        f"{counted(found.sequences, 'sequence')} × {counted(found.time_steps, 'time step')}",
        *([] if found.truncated is None else [f"truncated at {counted(found.truncated, 'time step')}"]),
        *([found.dtype] if found.dtype != "float32" else []),
    ]


def trials_table(found: Examination) -> tuple[list[str], list[tuple[str, ...]]]:
    """Titles and rows of the table of trials, without labels; skills where there are validation rows."""
    rows = [trial_cells(trial, found.time_steps) for trial in found.trials]
    held = any(trial.skill is not None for trial in found.trials)
    titles = ["reach", "decay", "loss", "after", *(["skill"] if held else []), "a step"]
    return titles, [row if held else (*row[:4], *row[5:]) for row in rows]


def trial_cells(trial: Trial, time_steps: int) -> tuple[str, ...]:
    """A trial's reach before and after (``8 → 97 of 100``), decay, losses before and after, skill, time per step."""
    reach = f"{trial.reach_steps}" if trial.reach_after is None else f"{trial.reach_steps} → {trial.reach_after}"
    return (
        f"{reach} of {time_steps}" if time_steps else reach,
        short(trial.decay_per_step, 3),
        short(trial.first_loss),
        short(trial.final_loss) if math.isfinite(trial.final_loss) else "not finite",
        short(trial.skill, 2),
        duration(trial.milliseconds_per_step / 1000),
    )


def shape(sizes: Sequence[int]) -> str:
    """A shape as ``32×64``."""
    return "×".join(map(str, sizes)) or "scalar"


def layer_title(layer: LayerFindings) -> str:
    """The layer as ``LSTM 64``."""
    return f"{CELLS[layer.cell].title} {layer.units}"


def decay(layer: LayerFindings) -> str:
    """How the gradient changes per time step back, in words."""
    if layer.time_steps < 2:
        return "no decay: a single time step has nothing to go back through"
    if layer.decay_per_step is None:
        return "no decay could be fitted"
    fit = "" if layer.decay_fit is None else f" (fit R² {layer.decay_fit:.3f})"
    return f"decay {short(layer.decay_per_step, 3)} a time step{fit}"


def troubled(column: ColumnFindings) -> list[str]:
    """What is wrong with a column, if anything."""
    faults = {f"{column.non_finite:,} not finite": column.non_finite, "constant": column.constant}
    faults[f"as large as {short(column.largest, 3)}"] = column.largest > 10
    return [fault for fault, holds in faults.items() if holds]


def data_in_words(found: Examination) -> list[str]:
    """The data's health: one line where all is well, else a line for each troubled column, ten at most."""
    columns = found.data.columns
    lines = [f"{column.role} {column.name}: {', '.join(faults)}" for column in columns if (faults := troubled(column))]
    if len(lines) > 10:
        lines[10:] = [f"and {len(lines) - 10} more columns"]
    if not lines and columns:
        largest = max(column.largest for column in columns)
        lines = [f"{counted(len(columns), 'column')}: finite, none constant, none larger than {short(largest, 3)}"]
    lines += [text] if (text := targets_outside(found)) else []
    return lines


def targets_outside(found: Examination) -> str | None:
    """How many targets the output cannot reach; None where it reaches all."""
    if not found.data.targets_outside or found.data.output_range is None:
        return None
    low, high = found.data.output_range
    return f"{percent(found.data.targets_outside)} of the targets lie outside the output's range, {low:g} to {high:g}"


def noise_in_words(found: Examination) -> str | None:
    """The noise scale beside the batch size; None where it was not measured."""
    if (noise := found.noise) is None:
        return None
    scale = "beyond measure" if noise.noise_scale == float("inf") else short(noise.noise_scale, 3)
    return (
        f"noise scale {scale} beside a batch of {noise.batch_size:,}, from {counted(noise.sequences, 'sequence')} "
        "(the batch size at which noise and signal are equal)"
    )


def checked_in_words(found: Examination) -> str | None:
    """What the self-check came to; None where there was none."""
    if (check := found.self_check) is None:
        return None
    line = (
        f"{counted(check.checked, 'gradient')} against central differences in float64: "
        f"largest relative error {check.largest_relative_error:.1e}"
    )
    return f"{line} ({check.where})" if check.where else line


def weight_columns(variables: Sequence[VariableFindings]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Titles and rows of the table of weights; columns that would say nothing of any weight are left out."""
    clipped = any(weight.clipped_share for weight in variables)
    cells = [
        {
            "weight": weight.path,
            "shape": shape(weight.shape),
            "norm": short(weight.norm),
            "not finite": "" if weight.first_non_finite is None else f"since step {weight.first_non_finite}",
            "clipped": short(weight.clipped_norm) if clipped else "",
            "at steps": percent(weight.clipped_share) if clipped else "",
            "‖Δw‖/‖w‖": short(weight.update_ratio, 3),
            "S/N": short(weight.signal_to_noise, 3),
            **{title: short(getattr(weight, title), 3) for title in ("mean", "std", "largest")},
            "zeros": percent(weight.zeros),
        }
        for weight in variables
    ]
    titles = [title for title in cells[0] if any(row[title] not in ("", "–") for row in cells)]
    return titles, [tuple(row[title] for title in titles) for row in cells]
