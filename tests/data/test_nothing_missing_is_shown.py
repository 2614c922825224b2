"""Whatever cells are missing, wherever: no sequence that a model is given, or is scored by, holds a missing number."""

from __future__ import annotations

import numpy as np
import pytest
from data.tabled import make, settings_of, shown
from hypothesis import HealthCheck, given, settings, strategies as st

from rnnctl.errors import DataError
from rnnctl.prediction.new_data import load_new_data
from rnnctl.scoring.entries import scored_entries

patient = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def _text(rows):
    cells = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return "id,x,y,b,c\n" + "\n".join(cells) + "\n"


def _row(name):
    number, seldom = st.integers(-9, 9), st.sampled_from([None, *range(-6, 6)])
    return st.tuples(st.just(name), seldom | number, seldom | number, st.sampled_from("yn") | st.none(),
                     st.sampled_from("pqr") | st.none())  # fmt: skip


TASKS = {
    "forecast": {"window": {"length": 2, "horizon": 2}, "features": ["x", "y", "b", "c"], "target": ["y"]},
    "known": {"window": {"length": 2, "horizon": 2}, "features": ["x", "y", "b", "c"], "target": ["y"],
              "known": ["x", "b", "c"]},
    "changes": {"window": {"length": 2}, "features": ["x", "y", "b"], "target": ["y"], "difference": 1},
    "changes to come": {"task": "next_step", "features": ["x", "y", "b"], "target": ["y"], "difference": 1},
    "pieces": {"task": "next_step", "features": ["x", "y", "c"], "target": ["y"], "window": {"length": 2}},
    "rows": {"task": "per_step", "features": ["x", "b", "c"], "target": ["y"]},
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
@patient
@given(data=st.data())
def test_no_missing_number_reaches_a_model(task, tmp_path, data):
    series = [data.draw(st.lists(_row(name), min_size=5, max_size=12)) for name in "uvw"]
    kinds = {"b": "boolean", "c": "category"}
    chosen = dict(TASKS[task])
    chosen["columns"] = {name: kind for name, kind in kinds.items() if name in chosen["features"]}
    lines = chosen.get("task") != "next_step"  # which may not be drawn to what is to be predicted
    missing = data.draw(st.sampled_from(["drop", "forward", "mask", *(["interpolate"] if lines else [])]))
    split = {"validation": 0, "test": 0.3}
    try:
        text = _text([row for rows in series for row in rows])
        dataset = make(tmp_path, text, series="id", missing=missing, split=split, **chosen)
        config = settings_of(tmp_path / "table.csv", series="id", missing=missing, split=split, **chosen)
        other = load_new_data(config, tmp_path / "table.csv", dataset.preparation)
    except DataError:
        return
    y = np.array([row[2] for rows in series for row in rows], dtype=np.float64)
    changed = "difference" in chosen
    for whole, sequences in ((dataset, dataset.train), (dataset, dataset.test), (other, other.test)):
        batch = sequences.gather(np.arange(len(sequences)))
        assert np.isfinite(batch.inputs).all()
        shows = np.isfinite(batch.targets)
        if sequences is dataset.train:
            assert shows.reshape(len(shows), -1).any(axis=1).all()
        assert shows.all() or sequences.valid is not None
        entries = scored_entries(whole, sequences)
        truth = y[entries.row[:, None] + (np.arange(1, sequences.horizon + 1) if sequences.horizon else 0)]
        if changed:  # a level that a change is added to, which is filled in where that is asked for
            truth[np.isnan(whole.levels[entries.row, 0])] = np.nan
        np.testing.assert_array_equal(entries.truth, truth)
        assert np.isfinite(truth).any(axis=1).all()


def _known(tmp_path, kind, missing):
    text = "y,sale\n" + "".join(f"{row},{'' if row == 5 else row % 2}\n" for row in range(10))
    return make(
        tmp_path, text, target=["y"], features=["y", "sale"], known=["sale"], columns={"sale": kind}, missing=missing,
        window={"length": 2, "horizon": 2},
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["number", "boolean"])
def test_a_gap_in_what_is_known_of_the_future_is_in_no_window_that_looks_ahead_to_it(kind, tmp_path):
    dataset = _known(tmp_path, kind, "drop")
    # The model sees rows t to t + 1, and of sale rows t + 2 and t + 3 as well.
    assert dataset.train.starts.tolist() == [0, 1, 6]
    assert shown(dataset.train)[1] == ([[1, 1, 0, 1], [2, 0, 1, 0]], [3, 4])


@pytest.mark.parametrize("kind", ["number", "boolean"])
def test_a_gap_in_what_is_known_of_the_future_is_shown_where_it_is_masked(kind, tmp_path):
    dataset = _known(tmp_path, kind, "mask")
    assert dataset.feature_names == (
        "y", "sale", "sale (1 ahead)", "sale (2 ahead)", "sale (present)", "sale (1 ahead) (present)",
        "sale (2 ahead) (present)",
    )  # fmt: skip
    assert dataset.train.starts.tolist() == list(range(7))
    # Of rows 3 and 4, row 5 is the second and the first one ahead.
    assert shown(dataset.train)[3] == ([[3, 1, 0, 0, 1, 1, 0], [4, 0, 0, 0, 1, 0, 1]], [5, 6])
    assert dataset.train.values[9].tolist() == [9, 1, 0, 0, 1, 0, 0]  # no row comes after it
    assert dataset.left_out["train"].sequences == 0


def test_what_is_known_of_the_future_may_be_longer_than_a_series(tmp_path):
    text = "id,y,sale\na,1,2\nb,1,2\nb,3,5\nb,2,2\nb,4,1\nb,5,1\n"
    dataset = make(
        tmp_path, text, series="id", target=["y"], features=["y", "sale"], known=["sale"],
        window={"length": 1, "horizon": 4},
    )  # fmt: skip
    assert dataset.train.values[0, 1:].tolist() == [2, 0, 0, 0, 0]
    assert shown(dataset.train) == [([[1, 2, 5, 2, 1, 1]], [3, 2, 4, 5])]
    with pytest.raises(DataError, match="the training split has no window: the file has 2 rows"):
        make(tmp_path, "y,sale\n1,2\n2,3\n", target=["y"], features=["y", "sale"], known=["sale"],
             window={"length": 1, "horizon": 4})  # fmt: skip


def test_yes_and_no_that_are_missing_are_never_shown_as_no(tmp_path):
    text = "x,y\n" + "".join(f"{row % 2},{row * row}\n" for row in range(10))
    settings = {"target": ["y"], "features": ["x", "y"], "window": {"length": 2}, "missing": "mask"}
    settings["columns"] = {"x": "boolean"}
    known = make(tmp_path, text, **settings).preparation
    new = tmp_path / "new.csv"
    new.write_text("x,y\n1,5\n,6\n1,7\n1,8\n1,9\n")
    found = load_new_data(settings_of(tmp_path / "table.csv", **settings), new, known)
    assert np.isnan(found.test.values[1, 0])
    assert found.test.starts.tolist() == [2]


def test_the_first_row_of_a_series_has_no_change_and_is_in_no_sequence(tmp_path):
    text = "id,y\n" + "".join(f"{name},{row * row}\n" for name in "ab" for row in range(5))
    common = {"target": ["y"], "task": "next_step", "difference": 1}
    dataset = make(tmp_path, text, series="id", split={"validation": 0, "test": 1}, **common)
    changes = [[1], [3], [5]], [[3], [5], [7]]
    assert shown(dataset.train) == shown(dataset.test) == [changes]
    lone = make(tmp_path, text, split={"validation": 0, "test": 5}, **common)
    assert shown(lone.train) == [changes]
    assert shown(lone.test) == [([[-16], [1], [3], [5]], [[1], [3], [5], [7]])]
    with pytest.raises(DataError, match="series 'd' has 2 rows, and a sequence needs 3 to predict one; add series"):
        make(tmp_path, "id,y\nc,1\nc,2\nd,1\nd,4\n", series="id", **common)
