"""When the rows to come are: they follow from the file's times, and begin after the last time of a panel."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.errors import DataError
from rnnctl.prediction.autoregression import continue_series
from rnnctl.prediction.future_rows import add_future_rows
from rnnctl.prediction.new_data import read_unlabelled
from rnnctl.prediction.prediction_frames import continuation_frame

DAYS = [date(2023, 1, 2) + timedelta(days=day) for day in range(60)]


class Forecast:
    """A forecast by a formula: the last value that is seen and one more."""

    def __init__(self, tmp_path, rows, steps=3, other=None, **settings):
        columns = settings.pop("names", "id,t,y")
        path = tmp_path / "known.csv"
        path.write_text("\n".join([columns, *rows]) + "\n")
        data = {"kind": "csv", "path": str(path), "time": "t", "series": "id", "target": ["y"], "scale": "none"}
        data |= {"window": {"length": 4}, "split": {"validation": 0, "test": 0}}
        config = Config.model_validate({"data": data | settings})
        dataset = load_dataset(config)
        if other is not None:
            path = tmp_path / "new.csv"
            path.write_text("\n".join([columns, *other]) + "\n")
        table, *_ = read_unlabelled(config.data.with_file(path))
        ahead = add_future_rows(config, table, dataset.preparation, steps)
        self.shown = []

        def predict(inputs, lengths):
            self.shown.append(inputs.copy())
            last = inputs[np.arange(len(inputs)), lengths - 1, 0]
            return last[:, None] + 1 + np.arange(config.data.window.horizon)

        found = continuation_frame(config.data, ahead, continue_series(ahead, predict, steps, seen=4))
        self.notes = " ".join(ahead.notes)
        self.times = {str(name[0]): some["t"].to_list() for name, some in found.group_by("id", maintain_order=True)}
        self.values = {str(name[0]): some["y"].to_list() for name, some in found.group_by("id", maintain_order=True)}


def rows_of(name, times, first=0):
    return [f"{name},{time},{first + place}" for place, time in enumerate(times)]


@pytest.mark.parametrize("frequency", [None, "1mo", "auto"])
def test_month_ends_go_on_at_month_ends(frequency, tmp_path):
    ends = [date(2023 + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1) for month in range(13)]
    found = Forecast(tmp_path, rows_of("a", ends), frequency=frequency)
    assert found.times["a"] == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    assert frequency is not None or "1mo (on the last day of the month)" in found.notes


@pytest.mark.parametrize("frequency", [None, "1d", "1b", "auto"])
def test_no_weekend_is_forecast_where_the_file_has_none(frequency, tmp_path):
    days = [day for day in DAYS if day.weekday() < 5][:30]
    assert days[-1] == date(2023, 2, 10)
    found = Forecast(tmp_path, rows_of("a", days), frequency=frequency)
    assert found.times["a"] == [date(2023, 2, 13), date(2023, 2, 14), date(2023, 2, 15)]


def test_a_file_of_a_few_days_goes_on_as_the_runs_own(tmp_path):
    days = [day for day in DAYS if day.weekday() < 5][:30]
    found = Forecast(tmp_path, rows_of("a", days), other=rows_of("a", days[:5]), frequency="auto")
    assert found.times["a"] == days[5:8]


def test_nights_are_not_forecast(tmp_path):
    hours = [datetime(2023, 1, 2, hour) + timedelta(days=day) for day in range(9) for hour in range(9, 18)]
    found = Forecast(tmp_path, rows_of("a", hours[:-3]), steps=5)
    assert found.times["a"] == [*hours[-3:], datetime(2023, 1, 11, 9), datetime(2023, 1, 11, 10)]


def test_each_series_goes_on_at_its_own_distance(tmp_path):
    hours = [datetime(2023, 1, 2) + timedelta(hours=hour) for hour in range(48)]
    days = [datetime(2023, 1, 2) + timedelta(days=day) for day in range(40)]
    found = Forecast(tmp_path, [*rows_of("hourly", hours), *rows_of("daily", days)], steps=2)
    assert found.times["hourly"] == [datetime(2023, 1, 4, 0), datetime(2023, 1, 4, 1)]
    assert found.times["daily"] == [datetime(2023, 2, 11), datetime(2023, 2, 12)]
    assert "'hourly' ends at 2023-01-03 23:00:00, 889 rows before: forecast from there" in found.notes


def test_times_without_a_rule_are_told(tmp_path):
    days = [DAYS[place] for place in (0, 1, 3, 4, 8, 9, 14, 20, 21, 28)]
    found = Forecast(tmp_path, rows_of("a", days), steps=1)
    assert found.times["a"] == [days[-1] + timedelta(days=1)]
    assert "the file's times keep to no distance; those of the forecast go on by the most common one, 1d" in found.notes


RAGGED = [*rows_of("a", DAYS[:30]), *rows_of("b", DAYS[:28], 100), *rows_of("c", DAYS[:30], 200)]


@pytest.mark.parametrize(("missing", "how", "b"), [
    ("forward", "filled as data.missing: forward says", [128, 129, 130]),
    ("error", "predicted by the model itself", [130, 131, 132]),
    ("drop", "predicted by the model itself", [130, 131, 132]),
])  # fmt: skip
@pytest.mark.parametrize("frequency", [None, "1d"])
@pytest.mark.parametrize("horizon", [1, 2])
@pytest.mark.parametrize("new", [False, True])
def test_a_series_that_ends_early_is_forecast_after_the_others_end(new, horizon, frequency, missing, how, b, tmp_path):
    found = Forecast(
        tmp_path, RAGGED, other=RAGGED if new else None, missing=missing, frequency=frequency,
        window={"length": 4, "horizon": horizon},
    )  # fmt: skip
    assert found.times == dict.fromkeys("abc", DAYS[30:33])
    assert found.values == {"a": [30, 31, 32], "b": b, "c": [230, 231, 232]}
    assert (
        "series 'b' ends at 2023-01-29, 2 rows before: the rows missing up to 2023-01-31, where the others end, "
        in (found.notes)
    )
    assert how in found.notes


def test_what_is_missing_at_the_end_is_shown_as_missing_where_the_run_masks(tmp_path):
    known = [row for row in RAGGED if not row.startswith(f"a,{DAYS[7]}")]
    found = Forecast(tmp_path, [*known, f"a,{DAYS[7]},"], missing="mask")
    assert found.times == dict.fromkeys("abc", DAYS[30:33])
    assert found.shown[0][1].tolist() == [[126, 1], [127, 1], [0, 0], [0, 0]]
    assert found.shown[0][0].tolist() == [[26, 1], [27, 1], [28, 1], [29, 1]]


def test_a_series_that_ended_long_ago_is_told_apart(tmp_path):
    rows = [
        *rows_of("a", DAYS[:30]),
        *rows_of("b", DAYS[:26], 100),
        *rows_of("c", DAYS[:27], 200),
        *rows_of("d", DAYS[:30]),
    ]
    found = Forecast(tmp_path, rows)
    assert found.times == {"a": DAYS[30:33], "b": DAYS[26:29], "c": DAYS[30:33], "d": DAYS[30:33]}
    assert (
        "series 'b' ends at 2023-01-27, 4 rows before: forecast from there, for the others end at 2023-01-31, and no "
        "row of a window (data.window.length 4) would be known"
    ) in found.notes


def test_series_without_a_common_end_have_their_own(tmp_path):
    rows = [row for place, name in enumerate("abc") for row in rows_of(name, DAYS[: 30 - 2 * place])]
    found = Forecast(tmp_path, rows)
    assert [times[0] for times in found.times.values()] == [DAYS[30], DAYS[28], DAYS[26]]
    assert "the series end at different times, from 2023-01-27 to 2023-01-31" in found.notes


def test_a_known_feature_of_the_rows_in_between_is_asked_for(tmp_path):
    settings = {"names": "id,t,y,holiday", "features": ["y", "holiday"], "known": ["holiday"], "missing": "forward"}
    ahead = [f"{name},{day},,0" for name in "abc" for day in DAYS[30:33]]
    known = [f"{row},0" for row in RAGGED]
    with pytest.raises(DataError, match="column 'holiday' of series 'b': 5 rows to come are needed"):
        Forecast(tmp_path, [*known, *ahead], **settings)
    between = [f"b,{day},,1" for day in DAYS[28:30]]
    found = Forecast(tmp_path, [*known, *between, *ahead], **settings)
    assert found.times == dict.fromkeys("abc", DAYS[30:33])
    assert found.shown[0][1][:, 2].tolist() == [0, 1, 1, 0]  # one row ahead
