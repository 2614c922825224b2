"""The cases of the bench: healthy configs, configs with one fault, configs with two; all for any first seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from diagnosis.faults import FAULTS
from diagnosis.tasks import SHIPPED, TASKS, VARIANTS, cells_of, slower

EACH = 7
"""Cases of each fault."""
EACH_PAIR = 2
NOTHING_WRONG = ("healthy", "noise floor")
"""Words that are no alarm."""
BY_NAME = {fault.name: fault for fault in FAULTS}
PAIRS = (
    ("inputs large", "clip tight"),
    ("inputs large", "few steps"),
    ("inputs large", "decay"),
    ("inputs small", "dropout"),
    ("inputs differ", "warm-up"),
    ("targets large", "dropout"),
    ("targets small", "decay"),
    ("shift rows", "dropout"),
    ("shift sequences", "rate low"),
    ("labels", "rate high"),
    ("leak", "rate low"),
    ("one unit", "warm-up"),
    ("dropout", "rate low"),
    ("radius large", "dropout"),
    ("kernel zero", "ends early"),
    ("kernel constant", "few steps"),
    ("class numbers", "warm-up"),
    ("window", "dropout"),
)
"""Faults that can be there at once, neither of which hides or mends the other."""


@dataclass(frozen=True)
class Case:
    """A config to diagnose.

    Attributes:
        number: Its place among all.
        faults: Names of its faults: none, one or two.
        task: The task.
        cell: The healthy config's cell.
        variant: Of a healthy one, an entry of `VARIANTS`.
    """

    number: int
    faults: tuple[str, ...]
    task: str
    cell: str | None
    seed: int
    variant: str = "plain"

    @property
    def right(self):
        """For each fault, the words of causes that are right; of a healthy config, the words that are no alarm."""
        return [BY_NAME[name].right for name in self.faults] or [NOTHING_WRONG]

    @property
    def shows(self):
        """Whether a score on held-out rows shows the harm."""
        return all(BY_NAME[name].shows for name in self.faults)

    @property
    def mends(self):
        """Whether keys of the config mend it."""
        return bool(self.faults) and all(BY_NAME[name].mends for name in self.faults)

    def cured(self, changes):
        """Whether changes of the config touch every fault that the score does not show."""
        return {BY_NAME[name].key for name in self.faults} - {None} <= set(changes)

    def healthy(self):
        """The config without its faults."""
        factors = dict(VARIANTS[self.variant])
        for name in self.faults:
            factors |= BY_NAME[name].factors
        made = (TASKS | SHIPPED)[self.task](self.seed, self.cell, **factors)
        if self.variant == "slow":
            slower(made)
        return made

    def made(self):
        """The config with its faults."""
        made = self.healthy()
        for place, name in enumerate(self.faults):
            BY_NAME[name].put(made, np.random.default_rng([self.seed, place]))
        return made


def _combinations(tasks):
    return [(task, cell) for task in tasks for cell in cells_of(task)]


def _chosen(tasks, count, *entropy):
    """So many tasks with cells, in a drawn order, each as often as the others."""
    every = _combinations(tasks)
    order = np.random.default_rng(entropy).permutation(len(every))
    return [every[order[place % len(every)]] for place in range(count)]


def _plan(first_seed):
    """Faults, task, cell and variant of each case."""
    for place, variant in enumerate(VARIANTS):
        for at, (task, cell) in enumerate(_combinations(TASKS)):
            if (variant == "plain" or (at + place) % 5 < 3) and not (
                task == "recall" and variant in ("small", "noisy")
            ):
                yield (), task, cell, variant
    yield from (((), task, None, "plain") for task in SHIPPED for _ in range(2))
    for place, fault in enumerate(FAULTS):
        yield from (
            ((fault.name,), *pair, "plain") for pair in _chosen(fault.tasks or tuple(TASKS), EACH, first_seed, place)
        )
    for place, pair in enumerate(PAIRS):
        wanted = [set(BY_NAME[name].tasks or TASKS) for name in pair]
        tasks = [task for task in TASKS if all(task in one for one in wanted)]
        yield from ((pair, *chosen, "plain") for chosen in _chosen(tasks, EACH_PAIR, first_seed, 1000 + place))


def cases(first_seed):
    """Every case, each with a seed of its own."""
    return [
        Case(number, faults, task, cell, first_seed + number, variant)
        for number, (faults, task, cell, variant) in enumerate(_plan(first_seed))
    ]
