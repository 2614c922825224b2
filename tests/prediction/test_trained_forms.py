"""Dates of another file that can be read in two ways are read as the run's own file shows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Preparation
from rnnctl.errors import DataError
from rnnctl.prediction.new_data import load_new_data, read_as_trained
from rnnctl.runs.run_schema import checked_as
from rnnctl.tables.reading import read_table

DAYS = [date(2023, 1, 1) + timedelta(days=day) for day in range(40)]


def _file(path, days, form):
    rows = "".join(f"{day.strftime(form)},{place % 7}\n" for place, day in enumerate(days))
    path.write_text(f"day,level\n{rows}")
    return path


def _config(path):
    data = {"kind": "csv", "path": str(path), "time": "day", "target": ["level"], "window": {"length": 2, "horizon": 1}}
    return Config.model_validate({"name": "a", "data": data, "model": {"layers": [{"cell": "gru", "units": 2}]}})


def _learnt(config, tmp_path):
    """What a run keeps, as it is read back from its folder."""
    plain = config.data.load(seed=1, per_step=False).preparation.to_json()
    return checked_as(Preparation, plain, tmp_path / "preparation.json")


@pytest.mark.parametrize(("form", "last"), [("%d/%m/%Y", date(2023, 4, 5)), ("%m/%d/%Y", date(2023, 5, 4))])
def test_days_and_months_are_told_apart_as_in_the_training_file(form, last, tmp_path):
    config = _config(_file(tmp_path / "train.csv", DAYS, form))
    known = _learnt(config, tmp_path)
    short = tmp_path / "short.csv"
    short.write_text("day,level\n03/04/2023,1\n04/04/2023,2\n05/04/2023,3\n")
    if form == "%m/%d/%Y":
        short.write_text("day,level\n05/02/2023,1\n05/03/2023,2\n05/04/2023,3\n")
    with pytest.raises(DataError, match=r"set data\.time_format"):
        read_table(config.data.with_file(short))
    found = load_new_data(config, short, known)
    assert str(found.order.times[-1]).startswith(str(last))
    assert f"{short}: column 'day': read as {form}, as in the run's own file; other forms fit too" in found.notes
    with pytest.raises(DataError, match=r"set data\.time_format"):  # a run of an older rnnctl
        load_new_data(config, short, Preparation(scales=known.scales, frequency=known.frequency, grids=known.grids))


def test_a_form_that_the_file_itself_tells_is_kept(tmp_path):
    config = _config(_file(tmp_path / "train.csv", DAYS, "%d/%m/%Y"))
    other = _file(tmp_path / "other.csv", DAYS, "%m/%d/%Y")
    table, told = read_as_trained(config.data.with_file(other), _learnt(config, tmp_path), read_table)
    assert not told
    assert table.frame["day"].to_list()[-1].isoformat().startswith(DAYS[-1].isoformat())


def test_a_column_of_dates_follows_the_training_file_too(tmp_path):
    def write(path, days):
        path.write_text("n,due,level\n" + "".join(f"{n},{day:%d/%m/%Y},{n % 5}\n" for n, day in enumerate(days)))
        return path

    data = {"kind": "csv", "path": str(write(tmp_path / "train.csv", DAYS)), "time": "n", "target": ["level"]}
    data |= {"features": ["level", "due"], "columns": {"due": "date"}, "window": {"length": 2, "horizon": 1}}
    config = Config.model_validate({"name": "a", "data": data, "model": {"layers": [{"cell": "gru", "units": 2}]}})
    short = config.data.with_file(write(tmp_path / "short.csv", [date(2023, 4, 3), date(2023, 4, 5)]))
    with pytest.raises(DataError, match="kind: date, format"):
        read_table(short)
    table, told = read_as_trained(short, _learnt(config, tmp_path), read_table)
    assert told == (f"{short.path}: column 'due': read as %d/%m/%Y, as in the run's own file; other forms fit too",)
    assert [str(day)[:10] for day in table.frame["due"].to_list()] == ["2023-04-03", "2023-04-05"]


def test_months_without_a_mark_are_no_weeks(tmp_path):
    months = [date(2015 + place // 12, place % 12 + 1, 1) for place in range(60)]
    (tmp_path / "train.csv").write_text(
        "day,level\n" + "".join(f"{month:%Y%m},{place % 7}\n" for place, month in enumerate(months))
    )
    config = _config(tmp_path / "train.csv")
    config = config.model_copy(update={"data": config.data.model_copy(update={"time_format": "%Y%m"})})
    known = _learnt(config, tmp_path)
    assert known.forms == {"day": "%Y%m"}
    short = tmp_path / "short.csv"
    short.write_text("day,level\n202401,1\n202402,2\n202403,3\n")
    asking = config.model_copy(update={"data": config.data.model_copy(update={"time_format": None})})
    with pytest.raises(DataError, match=r"whether its numbers are months or weeks"):
        read_table(asking.data.with_file(short))
    assert str(load_new_data(asking, short, known).order.times[-1]).startswith("2024-03-01")
