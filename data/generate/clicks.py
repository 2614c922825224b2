"""Sessions in a shop, from a known Markov process, so that it is known how well the next action can be predicted.

The process' state is the last action and whether there is something in the basket, which "add" fills and "pay" and
"empty" clear. Who has something in the basket acts differently long after putting it there, so the last action alone
does not tell all; but the actions so far do, and no model can have a cross-entropy below the process' entropy rate.
How long a session is does not depend on the actions; most are short, a few are long.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from table import DATA, write

SESSIONS = 10_000
SHORTEST, LONGEST = 3, 120
ACTIONS = ("home", "search", "list", "filter", "item", "photos", "reviews", "add", "basket", "empty", "pay", "help")
HOME, ADD, EMPTY, PAY = (ACTIONS.index(name) for name in ("home", "add", "empty", "pay"))
NEXT = {
    "home": "search 5 list 4 help 0.5 item 1",
    "search": "list 6 search 2 item 2",
    "list": "item 6 filter 2.5 search 1 list 1",
    "filter": "list 6 item 3 filter 1",
    "item": "photos 3 reviews 3 add 2.5 list 2 search 0.5",
    "photos": "item 4 photos 3 add 2 list 1",
    "reviews": "item 3 add 2 list 3 help 0.5",
    "add": "list 3 search 2 item 1",
    "basket": "list 2 home 2 help 1",
    "empty": "home 3 search 5",
    "pay": "home 6 help 1 list 1",
    "help": "home 3 search 2 item 1",
}
"""Weights of what follows an action."""
WITH_BASKET = {
    "home": "basket 4 help 4",
    "search": "item 10 basket 1",
    "list": "filter 10 basket 2",
    "filter": "item 10",
    "item": "reviews 14 basket 3",
    "photos": "reviews 10",
    "reviews": "list 10 basket 3",
    "add": "search 6 basket 2",
    "basket": "pay 16 list 4 empty 2",
    "help": "basket 3",
}
"""What is added to them while something is in the basket."""


def transitions() -> np.ndarray:
    """Probability of the next action after ``[basket, action]``, shape ``[2, actions, actions]``."""
    weights = np.zeros((2, len(ACTIONS), len(ACTIONS)))
    for full, tables in enumerate(((NEXT,), (NEXT, WITH_BASKET))):
        for table in tables:
            for action, text in table.items():
                words = text.split()
                for name, weight in zip(words[::2], words[1::2], strict=True):
                    weights[full, ACTIONS.index(action), ACTIONS.index(name)] += float(weight)
    return weights / weights.sum(axis=2, keepdims=True)


def basket_after(full: int, action: int) -> int:
    """Whether something is in the basket after an action."""
    if action == ADD:
        return 1
    return 0 if action in (EMPTY, PAY) else full


def entropy_bound(lengths: np.ndarray) -> float:
    """The least mean cross-entropy of the next action that any model can expect in sessions of these lengths, in nats.

    H = Σ_t n_t Σ_s P_t(s) H(next | s) / Σ_t n_t, with n_t the sessions in which a t-th prediction is made (the first
    one from the first action, always "home") and P_t the distribution over states s = (basket, action) after t actions.
    """
    chances = transitions()
    entropies = -(chances * np.log(np.where(chances > 0, chances, 1))).sum(axis=2)
    state = np.zeros((2, len(ACTIONS)))
    state[0, HOME] = 1
    total = predictions = 0.0
    for step in range(1, int(lengths.max())):
        sessions = (lengths > step).sum()
        total += sessions * float((state * entropies).sum())
        predictions += sessions
        state = _moved(state, chances)
    return total / predictions


def cross_entropy(sessions: list[np.ndarray]) -> float:
    """The process' own mean cross-entropy (nats an action) on sessions: what a model that knows it would have there."""
    chances = transitions()
    costs = []
    for actions in sessions:
        full = 0
        for now, following in itertools.pairwise(actions):
            full = basket_after(full, int(now))
            costs.append(-np.log(chances[full, now, following]))
    return float(np.mean(costs))


def main(folder: Path = DATA) -> None:
    """Writes ``clicks.csv.gz`` and says the entropy bound."""
    rng = np.random.default_rng(5)
    bounds = transitions().cumsum(axis=2)
    sessions = [_session(rng, bounds) for _ in range(SESSIONS)]
    rows = [
        (number, click, ACTIONS[action])
        for number, actions in enumerate(sessions, start=1)
        for click, action in enumerate(actions, start=1)
    ]
    write(folder / "clicks.csv.gz", ["session", "click", "action"], rows)
    lengths = np.array([len(actions) for actions in sessions])
    print(f"{len(rows)} actions in sessions of {lengths.min()} to {lengths.max()}, median {np.median(lengths):g}")
    print(f"entropy bound {entropy_bound(lengths):.4f} nats an action; on these sessions {cross_entropy(sessions):.4f}")


def _session(rng: np.random.Generator, bounds: np.ndarray) -> np.ndarray:
    """The actions of a session, ``[time]``, drawn by cumulative probabilities; its length is log-normal."""
    # Box and Muller's normal from two uniform draws: it is the stream that NumPy is least likely to change.
    normal = np.sqrt(-2 * np.log(1 - rng.random())) * np.cos(2 * np.pi * rng.random())
    length = int(np.clip(np.exp(2.2 + 0.8 * normal), SHORTEST, LONGEST))
    actions, full = [HOME], 0
    while len(actions) < length:
        full = basket_after(full, actions[-1])
        drawn = int(np.searchsorted(bounds[full, actions[-1]], rng.random(), side="right"))
        actions.append(min(drawn, len(ACTIONS) - 1))
    return np.array(actions)


def _moved(state: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """The distribution over ``[basket, action]`` one action later.

    The state's basket is the one after its action, so that it tells all that matters for the next.
    """
    moved = np.zeros_like(state)
    for full in (0, 1):
        following = state[full] @ chances[full]
        for action, chance in enumerate(following):
            moved[basket_after(full, action), action] += chance
    return moved


if __name__ == "__main__":
    main()
