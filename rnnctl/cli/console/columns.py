"""Which columns a training line has, and the line itself.

A line is made with one ``%`` on a template that is made once per run: it is written for every optimizer step, which
for a small network takes 0.2 ms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rnnctl.cli.console.strip import strip
from rnnctl.results.training import RunHeader, StepRecord

LOSS, NUMBER = 10, 9
"""Characters of the loss (five significant digits) and of the other numbers (four)."""
NORMS = ("|grad|", "clipped")
"""Titles of the gradient's norm before and after clipping."""
GAP = "   "
"""Before a strip."""
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
        titles: Of the numbers after the loss, as many as fit.
        weights: Paths of the weights shown, in the model's order.
        folded: Paths of the weights that share the column ``+n more``: the norm over all of them.
        strips: State path, title and width of each strip through time.
    """

    step: int
    titles: tuple[str, ...]
    weights: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    strips: tuple[tuple[str, str, int], ...] = ()


def weight_title(path: str, layers: int) -> str:
    """A short title for a weight: ``kernel``, ``recurrent₁``, ``bias₀←``, ``head/bias``."""
    room, _, inner = path.partition("/")
    if room == "head":
        return "head" if inner == "kernel" else path
    kind = _KINDS.get(inner.rpartition("/")[2])
    return path if kind is None else _in_layer(kind, path, numbered=layers > 1)


def _in_layer(what: str, path: str, *, numbered: bool) -> str:
    """What belongs to a layer, with the layer's number and direction."""
    layer, *inner = path.split("/")
    number = layer.removeprefix("recurrent_").translate(_SUBSCRIPTS) if numbered else ""
    return what + number + "".join(_DIRECTIONS.get(part, "") for part in inner[:-1])


def choose_columns(header: RunHeader, first: StepRecord, width: int) -> Columns:
    """Chooses columns that fit a width: weights fold into the largest first, then columns go from the right.

    The first step tells the largest weights' gradients from the small ones.
    """
    step = max(5, len(f"{header.total_steps}"))
    left = width - step - (1 + LOSS)
    norms = NORMS[: max(left // (1 + NUMBER), 0)]
    if norms != NORMS:
        return Columns(step, norms)
    left -= sum(map(_column, norms))
    states = [path for path in header.state_paths if path.endswith("/h")]
    layers = len({path.split("/")[0] for path in header.weight_paths if path.startswith("recurrent_")})
    smallest = len(GAP) + _smallest_strip(header.recorded_time_steps) if states else 0
    weights, folded = _choose_weights(first, layers, left - smallest)
    if not weights:  # too narrow for both: the strip is further to the right, so it goes first
        weights, folded = _choose_weights(first, layers, left)
        states = []
    titles = [weight_title(path, layers) for path in weights] + ([f"+{len(folded)} more"] if folded else [])
    strips = _choose_strips(states, header.recorded_time_steps, left - sum(map(_column, titles)))
    return Columns(step, (*norms, *titles), weights, folded, strips)


def title_line(columns: Columns) -> str:
    """The line of the columns' titles."""
    numbers = " ".join(f"{title:>{NUMBER}}" for title in columns.titles)
    strips = "".join(f"{GAP}{title:<{size}}" for _, title, size in columns.strips)
    return f"{'step':>{columns.step}} {'loss':>{LOSS}} {numbers}{strips}".rstrip()


def line_maker(columns: Columns) -> Callable[[StepRecord], str]:
    """Makes the function that formats a step, without a newline, no wider than the columns were chosen for."""
    start = f"%{columns.step}d %#{LOSS}.5g"
    numbers = [f" %#{max(NUMBER, len(title))}.4g" for title in columns.titles]
    clipped = start + "".join(numbers)
    dash = f" {'–':>{NUMBER}}%.0s"  # takes the clipped norm and shows nothing of it
    shown = zip(columns.titles, numbers, strict=True)
    unclipped = start + "".join(dash if title == NORMS[1] else number for title, number in shown)
    weights, folded, count = columns.weights, columns.folded, len(columns.titles)

    def line(record: StepRecord) -> str:
        norms, norm = record.gradient_norms, record.gradient_norm
        values = [norm, record.clipped_norm, *[norms[path] for path in weights]]
        if folded:
            values.append(math.hypot(*[norms[path] for path in folded]))
        template = unclipped if record.clipped_norm >= norm * UNCLIPPED else clipped
        text = template % (record.step, record.loss, *values[:count])
        if ". " in text or text[-1] == ".":  # 1234. as 1234
            text = text.replace(". ", "  ").removesuffix(".")
        if (states := record.state_gradient_norms) is not None:
            for path, _, size in columns.strips:
                text += GAP + strip(states[path], size)
        return text

    return line


def _column(title: str) -> int:
    """Characters that a number's column takes, the gap before it included."""
    return 1 + max(NUMBER, len(title))


def _choose_weights(first: StepRecord, layers: int, room: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Splits weights into those shown and those folded; nothing at all where not even one fits."""
    paths = tuple(first.gradient_norms)
    sizes = {path: _column(weight_title(path, layers)) for path in paths}
    if len(paths) <= WEIGHTS_MAX and sum(sizes.values()) <= room:
        return paths, ()
    room -= _column("+00 more")
    largest_first = sorted(paths, key=lambda path: _rank(first.gradient_norms[path]))[:WEIGHTS_MAX]
    used = accumulate(sizes[path] for path in largest_first)
    chosen = {path for path, so_far in zip(largest_first, used, strict=True) if so_far <= room}
    if not chosen:
        return (), ()
    return tuple(path for path in paths if path in chosen), tuple(path for path in paths if path not in chosen)


def _rank(norm: float) -> float:
    """A sorting key that puts the largest first; NaN, which compares with nothing, counts as the largest."""
    return -math.inf if math.isnan(norm) else -norm


def _smallest_strip(time_steps: int) -> int:
    return max(min(STRIP_MIN, time_steps), len(STRIP_TITLES[-1]))


def _choose_strips(states: Sequence[str], time_steps: int, room: int) -> tuple[tuple[str, str, int], ...]:
    """As many layers' strips as fit, the first layer's first: it is the furthest from the loss."""
    shown = states[: max(room // (len(GAP) + _smallest_strip(time_steps)), 0)]
    if len(shown) == 1:
        room -= len(GAP)
        whose = _in_layer(STRIP_TITLES[-1], shown[0], numbered=True) if len(states) > 1 else STRIP_TITLES[-1]
        titles = [title.replace(STRIP_TITLES[-1], whose) for title in STRIP_TITLES]
        title = next((title for title in titles if len(title) <= room), whose[:room])
        return ((shown[0], title, min(STRIP_MAX, time_steps, room)),)
    sizes = [min(STRIP_MAX, time_steps, room // len(shown) - len(GAP)) for _ in shown]
    titles = [_in_layer(STRIP_TITLES[-1], path, numbered=True)[:size] for path, size in zip(shown, sizes, strict=True)]
    return tuple(zip(shown, titles, sizes, strict=True))
