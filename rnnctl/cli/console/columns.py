"""Which columns a training line has, and the line itself.

A line is made with one ``%`` on a template that is made once per run: it is written for every optimizer step, which
for a small network takes 0.2 ms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rnnctl.cli.console.strip import strip
from rnnctl.results.training import RunHeader, StepRecord

LOSS, NUMBER = 10, 9
"""Characters of the loss (five significant digits) and of the other numbers (four)."""
STRIP_GAP = 3
STRIP_MIN, STRIP_MAX = 10, 24
"""Characters of a strip: as few as it shrinks to before weights are folded, and as many as it grows to."""
WEIGHTS_MAX = 8
"""Weights shown at most, however wide the terminal."""
UNCLIPPED = 1 - 1e-6
"""A norm that clipping left at this share or more was only rounded."""
STRIP_TITLES = ("∂L/∂h through time", "∂L/∂h time →", "∂L/∂h")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_KINDS = {"kernel": "kernel", "recurrent_kernel": "recurrent", "bias": "bias"}
_DIRECTIONS = {"forward": "→", "backward": "←"}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a run's lines, left to right: step, loss, norm, clipped norm, weights, strips through time.

    Attributes:
        step: Characters of the step's number.
        weights: Paths of the weights shown, in the model's order.
        folded: Paths of the weights that share the column ``+n more``: the norm over all of them.
        strips: State paths and widths of the strips through time.
    """

    step: int
    norm: bool = True
    clipped: bool = True
    weights: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    strips: tuple[tuple[str, int], ...] = ()
    strip_titles: tuple[str, ...] = ()


def weight_title(path: str, layers: int) -> str:
    """A short title for a weight: ``kernel``, ``recurrent₁``, ``bias₀←``, ``head/bias``."""
    room, *inner = path.split("/")
    if room == "head":
        return "head" if inner == ["kernel"] else "head/bias"
    kind = _KINDS.get(inner[-1] if inner else "", path)
    if kind == path:
        return path
    number = "" if layers < 2 else room.removeprefix("recurrent_").translate(_SUBSCRIPTS)
    return kind + number + "".join(_DIRECTIONS.get(part, "") for part in inner[:-1])


def choose_columns(header: RunHeader, first: StepRecord, width: int) -> Columns:
    """Chooses columns that fit a width: weights fold into the largest first, then columns go from the right.

    The first step tells the largest weights' gradients from the small ones.
    """
    step = max(5, len(f"{header.total_steps}"))
    left = width - step - (1 + LOSS)
    if left < 1 + NUMBER:
        return Columns(step, norm=False, clipped=False)
    left -= 1 + NUMBER
    if left < 1 + NUMBER:
        return Columns(step, clipped=False)
    left -= 1 + NUMBER
    states = [path for path in header.state_paths if path.endswith("/h")]
    layers = len({path.split("/")[0] for path in header.weight_paths if path.startswith("recurrent_")})
    smallest = STRIP_GAP + max(min(STRIP_MIN, header.recorded_time_steps), len(STRIP_TITLES[-1])) if states else 0
    weights, folded = _choose_weights(first, layers, left - smallest)
    if not weights:  # too narrow for both: the strip is further to the right, so it goes first
        weights, folded = _choose_weights(first, layers, left)
        states = []
    titles = tuple(weight_title(path, layers) for path in weights)
    left -= sum(map(_column, titles)) + (_column(_more(folded)) if folded else 0)
    strips = _choose_strips(states, header.recorded_time_steps, left)
    strip_titles = _strip_titles(strips, left)
    return Columns(step, weights=weights, titles=titles, folded=folded, strips=strips, strip_titles=strip_titles)


def title_line(columns: Columns) -> str:
    """The line of the columns' titles."""
    parts = [f"{'step':>{columns.step}}", f"{'loss':>{LOSS}}"]
    parts += [f"{'|grad|':>{NUMBER}}"] if columns.norm else []
    parts += [f"{'clipped':>{NUMBER}}"] if columns.clipped else []
    parts += [f"{title:>{NUMBER}}" for title in columns.titles]
    parts += [f"{_more(columns.folded):>{NUMBER}}"] if columns.folded else []
    gap = " " * STRIP_GAP
    strips = "".join(
        f"{gap}{title:<{size}}" for title, (_, size) in zip(columns.strip_titles, columns.strips, strict=True)
    )
    return (" ".join(parts) + strips).rstrip()


def line_maker(columns: Columns) -> Callable[[StepRecord], str]:
    """Makes the function that formats a step, without a newline, no wider than the columns were chosen for."""
    plain, clipped = _templates(columns)
    weights, folded, show_norm = columns.weights, columns.folded, columns.norm
    strips, gap = columns.strips, " " * STRIP_GAP

    def line(record: StepRecord) -> str:
        norms = record.gradient_norms
        numbers = [norms[path] for path in weights]
        if folded:
            numbers.append(math.hypot(*[norms[path] for path in folded]))
        norm = record.gradient_norm
        if not show_norm:
            text = plain % (record.step, record.loss)
        elif record.clipped_norm >= norm * UNCLIPPED:
            text = plain % (record.step, record.loss, norm, *numbers)
        else:
            text = clipped % (record.step, record.loss, norm, record.clipped_norm, *numbers)
        if ". " in text or text[-1] == ".":  # 1234. as 1234
            text = text.replace(". ", "  ").removesuffix(".")
        states = record.state_gradient_norms
        if states is None:
            return text
        for path, size in strips:
            text += gap + strip(states[path], size)
        return text

    return line


def value_line(columns: Columns, mark: str, value: float, text: str) -> str:
    """A line between the steps whose value stands in the loss's column: ``  val     0.1823   epoch 3``."""
    number = f"{value:#{LOSS}.5g}".removesuffix(".")
    return f"{mark:>{columns.step}} {number:>{LOSS}}{' ' * STRIP_GAP}{text}"


def _templates(columns: Columns) -> tuple[str, str]:
    """The line's templates where nothing was clipped, and where something was."""
    number = f" %#{NUMBER}.4g"
    widths = [max(NUMBER, len(title)) for title in columns.titles] + ([NUMBER] if columns.folded else [])
    rest = "".join(f" %#{size}.4g" for size in widths)
    start = f"%{columns.step}d %#{LOSS}.5g" + (number if columns.norm else "")
    if not columns.clipped:
        return start + rest, start + "%.0s" + rest  # takes the number and shows nothing of it
    return start + f" {'–':>{NUMBER}}" + rest, start + number + rest


def _column(title: str) -> int:
    """Characters that a weight's column takes, the gap before it included."""
    return 1 + max(NUMBER, len(title))


def _more(folded: Sequence[str]) -> str:
    return f"+{len(folded)} more"


def _choose_weights(first: StepRecord, layers: int, room: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Splits weights into those shown and those folded; nothing at all where not even one fits."""
    paths = tuple(first.gradient_norms)
    sizes = {path: _column(weight_title(path, layers)) for path in paths}
    if len(paths) <= WEIGHTS_MAX and sum(sizes.values()) <= room:
        return paths, ()
    room -= _column("+00 more")
    chosen: set[str] = set()
    for path in sorted(paths, key=lambda path: _largest_first(first.gradient_norms[path])):
        if sizes[path] > room or len(chosen) == WEIGHTS_MAX:
            break
        room -= sizes[path]
        chosen.add(path)
    if not chosen:
        return (), ()
    return tuple(path for path in paths if path in chosen), tuple(path for path in paths if path not in chosen)


def _largest_first(norm: float) -> float:
    """A sorting key; NaN, which compares with nothing, counts as the largest."""
    return -math.inf if math.isnan(norm) else -norm


def _choose_strips(states: Sequence[str], time_steps: int, room: int) -> tuple[tuple[str, int], ...]:
    """As many layers' strips as fit, the first layer's first: it is the furthest from the loss."""
    smallest, largest = min(STRIP_MIN, time_steps), min(STRIP_MAX, time_steps)
    number = min(len(states), room // (STRIP_GAP + max(smallest, len(STRIP_TITLES[-1]))))
    if number < 1:
        return ()
    size = min(largest, room // number - STRIP_GAP)
    return tuple((path, size) for path in states[:number])


def _strip_titles(strips: Sequence[tuple[str, int]], room: int) -> tuple[str, ...]:
    if len(strips) == 1:
        return (next((title for title in STRIP_TITLES if len(title) <= room - STRIP_GAP), STRIP_TITLES[-1]),)
    names = []
    for path, size in strips:
        room_name, *inner = path.split("/")
        number = room_name.removeprefix("recurrent_").translate(_SUBSCRIPTS)
        title = "∂L/∂h" + number + "".join(_DIRECTIONS.get(part, "") for part in inner[:-1])
        names.append(title[:size])
    return tuple(names)
