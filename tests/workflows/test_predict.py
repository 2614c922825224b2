"""Predictions in the data's own units, beside what evaluate says of the same rows and the model's own outputs."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import rnnctl
from rnnctl.cli.main import run
from rnnctl.config.schema import Config
from rnnctl.errors import ConfigError, DataError, RunError
from rnnctl.workflows.evaluate import evaluate
from rnnctl.workflows.predict import predict
from rnnctl.workflows.train import train_steps

ROWS = 60
SHOP, CITY = np.random.default_rng(1).normal(size=(2, ROWS)).cumsum(axis=1) + 20


def write(path, last=ROWS, names="place,day,sales"):
    rows = [f"{name},{day},{values[day]}" for name, values in (("shop", SHOP), ("city", CITY)) for day in range(last)]
    path.write_text("\n".join([names, *rows]) + "\n")


def trained(folder, data, **model):
    config = Config.model_validate(
        {
            "name": "run",
            "seed": 1,
            "data": data,
            "model": {"layers": [{"cell": "simple_rnn", "units": 4}]} | model,
            "optimizer": {"kind": "adam", "learning_rate": 0.01},
            "training": {"steps": 5, "batch_size": 16},
        }
    )
    run = train_steps(config, out=folder)
    list(run)
    return SimpleNamespace(path=run.folder, folder=folder, run=run)


@pytest.fixture(scope="module")
def sales(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sales")
    write(folder / "sales.csv")
    data = {"kind": "csv", "path": str(folder / "sales.csv"), "time": "day", "series": "place", "target": ["sales"]}
    return trained(folder, data | {"window": {"length": 5, "horizon": 2}, "split": {"validation": 0, "test": 20}})


def test_a_forecast_is_the_one_that_evaluate_scores_from_the_same_rows(sales):
    scored = evaluate(sales.path).results
    first = scored[0].at[scored[0].paths[2][0]]  # the first day of the third forecast that is kept
    write(sales.folder / "until.csv", last=first)
    found = predict(sales.path, data=sales.folder / "until.csv").frame
    assert found.columns == ["place", "day", "sales"]
    assert found["place"].to_list() == ["shop", "shop", "city", "city"]
    assert found["day"].to_list() == [first, first + 1] * 2
    for place, line in enumerate(scored):
        assert line.series == ("shop", "city")[place]
        assert found["sales"][2 * place : 2 * place + 2].to_list() == pytest.approx(line.paths[2][1], rel=1e-5)


def test_beyond_the_trained_horizon_predictions_are_fed_back(sales):
    found = predict(sales.path, horizon=5).frame
    assert found["day"].to_list() == [60, 61, 62, 63, 64] * 2
    scaler, model = sales.run.dataset.target_scaler, sales.run.model
    for place, values in enumerate((SHOP, CITY)):
        levels = list(values)
        while len(levels) < ROWS + 5:
            shown = (np.array(levels[-5:]) - scaler.center[0]) / scaler.scale[0]
            given = np.asarray(model(shown[None, :, None].astype(np.float32)))[0]
            levels += (given.astype(np.float64) * scaler.scale[0] + scaler.center[0]).tolist()
        assert found["sales"].to_list()[5 * place : 5 * place + 5] == pytest.approx(levels[ROWS : ROWS + 5], rel=1e-4)


def test_new_series_are_predicted_and_need_nothing_of_the_old_ones(sales, tmp_path):
    own = sales.folder / "sales.csv"
    hidden = own.rename(own.with_suffix(".hidden"))
    try:
        (tmp_path / "new.csv").write_text("day,place,sales\n" + "".join(f"{n},moon,{n}\n" for n in range(6)))
        found = rnnctl.predict(sales.path, data=tmp_path / "new.csv")
    finally:
        hidden.rename(own)
    assert found.run == "run-1"
    assert found.frame["place"].to_list() == ["moon", "moon"]
    assert found.frame["day"].to_list() == [6, 7]


def test_what_a_file_lacks_is_said(sales, tmp_path):
    write(tmp_path / "new.csv", names="place,day,sold")
    with pytest.raises(DataError, match="there is no column 'sales'"):
        predict(sales.path, data=tmp_path / "new.csv")
    with pytest.raises(DataError, match=r"other\.csv"):
        predict(sales.path, data=tmp_path / "other.csv")
    (tmp_path / "short.csv").write_text("day,place,sales\n0,moon,1\n1,moon,2\n")
    with pytest.raises(DataError, match="series 'moon'; a prediction needs 5 known rows"):
        predict(sales.path, data=tmp_path / "short.csv")


def test_options_of_other_tasks_are_refused_each_by_name(sales):
    with pytest.raises(ConfigError) as raised:
        predict(sales.path, prompt="x", temperature=0.5)
    assert str(raised.value) == (
        "--prompt: this is for a run whose data is a text, and this run's task is forecast; leave it out\n"
        "--temperature: this is for a run that predicts the next tokens, and this run's task is forecast; leave it out"
    )


def test_intervals_without_validation_rows_say_what_to_do(sales):
    for ask in (predict, evaluate):
        with pytest.raises(
            DataError, match=r"has none; set data\.split\.validation and train again, or leave out --int"
        ):
            ask(sales.path, interval=80)
        with pytest.raises(ConfigError, match="--interval: found 100: no interval holds"):
            ask(sales.path, interval=[80, 100])


def test_a_run_on_made_up_data_predicts_nothing(tmp_path):
    run = trained(tmp_path, {"kind": "adding", "sequences": 20, "length": 4})
    with pytest.raises(RunError, match=r"no preparation\.json"):
        predict(run.path)


DAYS = [date.fromordinal(date(2024, 1, 1).toordinal() + day) for day in range(50)]


def write_shops(path, last=50, known=50):
    """Two shops: sold and left, a price whose future is known, and the shop's size; targets empty from ``last`` on."""
    random, lines = np.random.default_rng(4), ["day,shop,sold,left,price,size"]
    for shop, size in (("a", 2), ("b", 5)):
        sold, left = random.normal(size=(2, 50)).cumsum(axis=1)
        price = random.normal(size=50)
        for place, day in enumerate(DAYS[:known]):
            values = f"{sold[place]},{left[place]}" if place < last else ","
            lines.append(f"{day},{shop},{values},{price[place]},{size}")
    path.write_text("\n".join(lines) + "\n")


def test_changes_of_two_targets_with_known_prices_sizes_and_weekdays_are_forecast_as_evaluate_scores_them(tmp_path):
    write_shops(tmp_path / "own.csv")
    data = {"kind": "csv", "path": str(tmp_path / "own.csv"), "time": "day", "series": "shop", "difference": 1}
    data |= {"target": ["sold", "left"], "features": ["sold", "left", "price", "size"], "known": ["price"]}
    data |= {"static": ["size"], "calendar": ["weekday"], "window": {"length": 4, "horizon": 3}}
    run = trained(tmp_path, data | {"split": {"validation": 0, "test": 12}})
    scored = {(line.series, line.output): line for line in evaluate(run.path).results}
    some = scored["a", "sold"]
    first = DAYS.index(date.fromisoformat(some.at[some.paths[1][0]]))  # of the second forecast that is kept
    write_shops(tmp_path / "until.csv", last=first, known=first + 3)
    found = predict(run.path, data=tmp_path / "until.csv").frame
    assert found["day"].to_list() == DAYS[first : first + 3] * 2
    for place, shop in enumerate("ab"):
        for target in ("sold", "left"):
            said = found[target][3 * place : 3 * place + 3].to_list()
            assert said == pytest.approx(scored[shop, target].paths[1][1], rel=1e-4, abs=1e-5)
    with pytest.raises(DataError, match=r"column 'price' of series 'a': 6 future rows are needed"):
        predict(run.path, data=tmp_path / "until.csv", horizon=4)


def test_times_are_written_as_the_file_has_them_and_patterns_are_names_in_the_run(tmp_path, capsys):
    rows = [f"{date(2024, 1, 1) + timedelta(days=k):%d.%m.%Y},{SHOP[k]},{CITY[k]}" for k in range(ROWS)]
    (tmp_path / "sales.csv").write_text("\n".join(["day,sales shop,sales city", *rows]) + "\n")
    data = {"kind": "csv", "path": str(tmp_path / "sales.csv"), "time": "day", "target": ["sales shop"]}
    made = trained(tmp_path, data | {"features": ["sales shop", "sales *"], "window": {"length": 5, "horizon": 2}})
    assert rnnctl.load_config(made.path / "config.yaml").data.features == ("sales shop", "sales city")
    found = predict(made.path)
    assert found.frame["day"].to_list() == [date(2024, 3, 1), date(2024, 3, 2)]
    assert found.written["day"].to_list() == ["01.03.2024", "02.03.2024"]
    assert run(["predict", str(made.path)]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("01.03.2024,")
    rows = [f"{date(2025, 1, 1) + timedelta(days=k):%-m/%-d/%Y},{SHOP[k]},{CITY[k]}" for k in range(20)]
    (tmp_path / "new.csv").write_text("\n".join(["day,sales shop,sales city", *rows]) + "\n")
    assert predict(made.path, data=tmp_path / "new.csv").written["day"].to_list() == ["1/21/2025", "1/22/2025"]
    assert run(["predict", str(made.path), "-o", str(tmp_path / "next.parquet")]) == 0
    assert pl.read_parquet(tmp_path / "next.parquet").schema["day"] == pl.Date
