"""Windows scaled by themselves, and changes that are learnt added up, against loops over the file's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from data.tabled import make, settings_of
from hypothesis import given, settings, strategies as st

from rnnctl.config.load import load_config
from rnnctl.data.sequences import FLATTEST
from rnnctl.errors import ConfigError
from rnnctl.prediction.autoregression import continue_series
from rnnctl.prediction.future_rows import add_future_rows
from rnnctl.prediction.new_data import read_unlabelled
from rnnctl.scoring.combination import own_quantiles
from rnnctl.scoring.entries import scored_entries
from rnnctl.scoring.units import model_units, own_units
from rnnctl.training.device_data import DeviceSequences

WINDOW = {"length": 3, "horizon": 3}
RANDOM = np.random.default_rng(7)
LEVELS = (0.2, 0.5, 0.9)
PANEL = {"s": 5 + RANDOM.exponential(size=24).cumsum(), "r": 900 + 40 * RANDOM.normal(size=24)}
COLUMNS = {"scale": "standard", "window": WINDOW, "series": "id", "time": "t", "split": {"validation": 0, "test": 8}}


def text(panel):
    rows = [
        f"{name},{t},{value!r},{t % 4}" for name, values in panel.items() for t, value in enumerate(values.tolist())
    ]
    return "\n".join(["id,t,y,x", *rows]) + "\n"


def by_hand(values, difference, transform, training):
    """``[rows]``: what is learnt of a series, scaled by its training rows, NaN where there is none."""
    seen = np.log(values) if transform == "log" else values
    if difference:
        seen = np.concatenate((np.full(difference, np.nan), seen[difference:] - seen[:-difference]))
    return (seen - np.nanmean(seen[:training])) / np.nanstd(seen[:training])


@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize("by", ["series", "window"])
@pytest.mark.parametrize("transform", ["none", "log"])
@pytest.mark.parametrize("difference", [0, 1, 2, 3])
def test_what_is_learnt_is_that_of_loops_and_comes_back_to_the_files_numbers(
    difference, transform, by, added, tmp_path
):
    data = make(
        tmp_path, text(PANEL), target=["y"], features=["x", "y"], lags=4, scale_by=by, difference=difference,
        transform=transform, **COLUMNS,
    ).with_quantiles(LEVELS if added else ())  # fmt: skip
    table = {name: by_hand(values, difference, transform, 16) for name, values in PANEL.items()}
    first, expected = difference + 3, []
    for values in table.values():
        for start in range(first, 16 - 5):
            window = values[start : start + 3]
            center, spread = (window.mean(), max(window.std(), FLATTEST)) if by == "window" else (0, 1)
            lags = [[values[start + step + lead - 4] for lead in (1, 2, 3)] for step in range(3)]
            inputs = (np.column_stack([window, lags]) - center) / spread
            ahead = [(one - center) / spread for one in values[start + 3 : start + 6]]
            for lead in range(difference, 3) if added and difference else ():
                ahead[lead] += ahead[lead - difference]
            expected.append((inputs, ahead))
    batch = data.train.gather(range(len(data.train)))
    assert data.feature_names == ("x", "y", *(f"y (4 before {lead} ahead)" for lead in (1, 2, 3)))
    np.testing.assert_allclose(batch.inputs[..., 1:], [one for one, _ in expected], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(batch.targets, [one for _, one in expected], rtol=1e-4, atol=1e-5)
    device = DeviceSequences(data.train)
    of_device = device.gather(device.tensors, np.arange(len(data.train), dtype=np.int32))
    np.testing.assert_array_equal(of_device.inputs.numpy(), batch.inputs)
    np.testing.assert_array_equal(of_device.targets.numpy(), batch.targets)

    entries = scored_entries(data, data.test)
    np.testing.assert_allclose(own_units(data.test.last_targets(), data, entries.row), entries.truth, rtol=1e-5)
    back = model_units(entries.truth, data, entries.row)
    np.testing.assert_allclose(own_units(back, data, entries.row), entries.truth, rtol=1e-12)
    if added:  # whatever is said of each quantile
        said = np.sort(RANDOM.normal(size=(len(entries), 3, 3)), axis=1).reshape(-1, 9)
        assert (np.diff(own_quantiles(said, data, entries.row), axis=1) >= 0).all()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=12, max_size=12),
    st.lists(st.floats(-50, 50), min_size=3, max_size=3),
    st.sampled_from([0, 1, 2]),
)
def test_scales_of_windows_invert_exactly(tmp_path_factory, values, said, difference):
    values = [*values, *range(7)]
    data = make(
        tmp_path_factory.getbasetemp(), "y\n" + "\n".join(map(repr, values)) + "\n", target=["y"], scale="standard",
        scale_by="window", difference=difference, window=WINDOW,
    ).with_quantiles(LEVELS)  # fmt: skip
    rows = data.train.last_rows()
    outputs = np.tile(said, (len(rows), 1))
    own = own_units(outputs, data, rows)
    largest = max(1.0, np.abs(values).max())
    np.testing.assert_allclose(model_units(own, data, rows), outputs, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(own_units(model_units(own, data, rows), data, rows), own, rtol=1e-9, atol=1e-9 * largest)


@pytest.mark.parametrize(("quantiles", "difference"), [((), 0), ((), 1), (LEVELS, 1), (LEVELS, 2)])
def test_what_is_fed_back_is_scaled_by_the_window_that_then_ends_there(tmp_path, quantiles, difference):
    loss = {"loss": {"kind": "quantile", "quantiles": quantiles}} if quantiles else {}
    path = tmp_path / "table.csv"
    path.write_text(text(PANEL))
    config = settings_of(
        path,
        target=["y"],
        scale_by="window",
        difference=difference,
        **COLUMNS | {"split": {"validation": 0, "test": 0}},
    )
    config = type(config).model_validate(config.model_dump(exclude_unset=True) | loss)
    known = make(
        tmp_path, text(PANEL), **config.data.model_dump(exclude_unset=True, exclude={"path", "kind"})
    ).preparation
    ahead = add_future_rows(config, read_unlabelled(config.data)[0], known, 6)
    weights = np.array([[0.2, 0.3, -0.1], [0.1, -0.4, 0.8], [0.6, 0.5, 0.2]])
    middle = 1 if quantiles else 0

    def network(inputs, _):
        said = inputs[..., 0] @ weights
        return np.concatenate([said + place - middle for place in range(len(quantiles) or 1)], axis=1)

    found = continue_series(ahead, network, 6, seen=3)
    for place, values in enumerate(PANEL.values()):
        own, scale = [*values], None
        for _ in range(2):
            seen = np.array(own)
            seen = seen[difference:] - seen[:-difference] if difference else seen
            center, size = scale = scale or (seen.mean(), seen.std())
            window = ((seen - center) / size)[-3:]
            middle_of, spread = window.mean(), max(window.std(), FLATTEST)
            said = ((window - middle_of) / spread) @ weights
            if quantiles:  # sums are said
                said = said - np.concatenate((np.zeros(difference), said[:-difference]))
            for lead in range(3):
                change = (said[lead] * spread + middle_of) * size + center
                own.append(own[-difference] + change if difference else change)
        np.testing.assert_allclose(found.values[place, :, 0], own[-6:], rtol=1e-4)


def test_windows_that_hardly_move_are_counted_and_told(tmp_path):
    values = [1.0, 5, 2, 2, 2, 2, 2, 2, 9, 4]
    data = make(
        tmp_path,
        "y\n" + "\n".join(map(str, values)) + "\n",
        target=["y"],
        scale="standard",
        scale_by="window",
        window=WINDOW,
    )
    (note,) = data.notes
    assert "3 of 5 training windows hardly move" in note
    size = np.std(values)
    flat = data.train.gather([3])
    np.testing.assert_allclose(flat.inputs, 0, atol=1e-6)
    np.testing.assert_allclose(flat.targets[0] * FLATTEST * size + 2, [2, 2, 9], rtol=1e-5)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("scale: none", "data.scale: none scales nothing by window"),
        ("missing: mask", "set data.missing: forward or drop"),
        ("columns: {y: boolean}", "data.scale_by: window is for forecasts of numbers; remove it"),
        ("cache: auto}\nmodel: {return_sequences: true", "set model.return_sequences: false, or another data.scale_by"),
    ],
)
def test_what_no_window_can_be_scaled_by_is_told(tmp_path, more, told):
    (tmp_path / "c.yaml").write_text(
        f"data: {{kind: csv, path: y.csv, target: [y], window: {{length: 3}}, scale_by: window, {more}}}\n"
    )
    with pytest.raises(ConfigError) as refused:
        load_config(tmp_path / "c.yaml", [])
    assert told in str(refused.value)
