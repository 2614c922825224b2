"""Nothing of a later split reaches training: whatever stands in held-out rows, training sees and learns the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from data.tabled import make
from hypothesis import HealthCheck, given, settings, strategies as st

from rnnctl.errors import DataError

patient = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
cell = st.none() | st.integers(-9, 9)


def _text(rows):
    lines = ["t,x,y,c"]
    for time, (x, y, c) in enumerate(rows):
        lines.append(f"{time},{'' if x is None else x},{'' if y is None else y},{c}")
    return "\n".join(lines) + "\n"


row = st.tuples(cell, cell, st.sampled_from("abcde"))


@pytest.mark.parametrize("missing", ["drop", "forward", "interpolate", "mask"])
@pytest.mark.parametrize("scale", ["standard", "robust"])
@patient
@given(data=st.data())
def test_training_is_the_same_whatever_the_held_out_rows_hold(missing, scale, tmp_path, data):
    training = data.draw(st.lists(row, min_size=14, max_size=18))
    held = [data.draw(st.lists(row, min_size=9, max_size=9)) for _ in range(2)]
    found = []
    for rows in held:
        try:
            found.append(
                make(
                    tmp_path,
                    _text([*training, *rows]),
                    time="t",
                    target=["y"],
                    features=["x", "y", "c"],
                    columns={"c": {"kind": "category", "size": 3}},
                    window={"length": 2, "horizon": 2},
                    split={"validation": 4, "test": 5},
                    missing=missing,
                    scale=scale,
                )
            )
        except DataError:
            return
    one, other = found
    assert dataclasses.asdict(one.preparation) == dataclasses.asdict(other.preparation)
    assert one.train.starts.tolist() == other.train.starts.tolist()
    every = np.arange(len(one.train))
    first, second = one.train.gather(every), other.train.gather(every)
    assert one.feature_names == other.feature_names
    np.testing.assert_array_equal(first.inputs, second.inputs)
    np.testing.assert_array_equal(first.targets, second.targets)
    last = one.train.starts + one.train.lengths - 1 + one.train.horizon
    assert last.max() < len(training)


@pytest.mark.parametrize("missing", ["drop", "forward", "interpolate", "mask"])
@pytest.mark.parametrize("task", ["forecast", "next_step"])
@patient
@given(data=st.data())
def test_no_row_that_a_prediction_is_made_at_knows_of_a_later_one(task, missing, tmp_path, data):
    if (task, missing) == ("next_step", "interpolate"):
        return  # refused
    first = [(None, 1, "a"), (1, None, "a"), *data.draw(st.lists(row, min_size=5, max_size=9))]
    rest = [data.draw(st.lists(row, min_size=4, max_size=4)) for _ in range(2)]
    window = {"length": 3, "horizon": 2} if task == "forecast" else {"length": 3}
    found = []
    for later in rest:
        try:
            found.append(
                make(
                    tmp_path, _text([*first, *later]), time="t", target=["y"], features=["x", "y"], task=task,
                    window=window, missing=missing, each=True,
                )
            )  # fmt: skip
        except DataError:
            return
    seen = []
    for made in found:
        train = made.train
        ends = train.starts + train.lengths
        seen.append(
            {
                (int(start), t): train.values[start : t + 1].tolist()
                for start, end in zip(train.starts, ends, strict=True)
                for t in range(start, min(int(end), len(first)))
            }
        )
    for place in seen[0].keys() & seen[1].keys():
        assert seen[0][place] == seen[1][place]


@pytest.mark.parametrize("kind", ["number", "boolean"])
def test_what_held_out_rows_alone_miss_gives_the_network_no_column(kind, tmp_path):
    def made(*held):
        text = "\n".join(["x,y", *(f"{n % 2},{n}" for n in range(12)), *(f"{x},1" for x in held)]) + "\n"
        return make(
            tmp_path, text, target=["y"], features=["x", "y"], columns={"x": kind}, window={"length": 2},
            split={"validation": 0, "test": len(held)}, missing="mask",
        )  # fmt: skip

    whole, gappy = made(1, 0, 1, 1, 0, 1), made(1, 0, 1, 1, "", 1)
    assert whole.feature_names == gappy.feature_names == ("x", "y")
    assert len(whole.test) == 6
    assert len(gappy.test) == 5  # the window that holds the fifth of these rows is left out
    np.testing.assert_array_equal(whole.train.values[:12], gappy.train.values[:12])


@patient
@given(data=st.data())
def test_series_held_out_as_wholes_teach_nothing(tmp_path, data):
    series = st.lists(st.tuples(st.integers(-9, 9), st.sampled_from("pqr")), min_size=2, max_size=5)
    training = data.draw(st.lists(series, min_size=3, max_size=3))
    found = []
    for _ in range(2):
        held = data.draw(st.lists(series, min_size=2, max_size=2))
        lines = [f"s{place},{x},{c}" for place, rows in enumerate([*training, *held]) for x, c in rows]
        try:
            found.append(
                make(
                    tmp_path,
                    "id,x,c\n" + "\n".join(lines) + "\n",
                    task="next_step",
                    series="id",
                    target=["c"],
                    features=["x", "c"],
                    columns={"c": "category"},
                    split={"validation": 1, "test": 1},
                    scale="standard",
                )
            )
        except DataError:
            return
    one, other = found
    assert dataclasses.asdict(one.preparation) == dataclasses.asdict(other.preparation)
    every = np.arange(len(one.train))
    for first, second in zip(one.train.gather(every), other.train.gather(every), strict=True):
        np.testing.assert_array_equal(first, second)
