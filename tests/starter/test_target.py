"""The column that is predicted: the likeliest by its name, never an identifier, and a guess is told as one."""

from __future__ import annotations

import re
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from rnnctl.cli.main import run
from rnnctl.config.dataset import load_dataset
from rnnctl.config.load import load_config
from rnnctl.errors import DataError
from rnnctl.starter.column_guess import describe_columns
from rnnctl.starter.sample import read_sample
from rnnctl.starter.sequence_guess import guess_sequences
from rnnctl.starter.task_guess import guess_task
from rnnctl.starter.wishes import Wishes
from rnnctl.workflows.init import make_starter
from tests.starter.test_guessing import NUMBERS, guessed, sentences, told_of

DAYS = [date(2024, 1, 1) + timedelta(days=k) for k in range(60)]
BACK = NUMBERS[::-1]


@pytest.mark.parametrize(
    ("names", "target"),
    [
        (("rain", "umsatz", "temp"), "umsatz"),
        (("temp", "gdp"), "gdp"),
        (("Température", "Ventes (€)"), "Ventes (€)"),
        (("precio", "demanda"), "demanda"),
        (("x", "Stromverbrauch"), "Stromverbrauch"),
        (("Luftdruck", "Temperatur"), "Temperatur"),
        (("price", "sold", "other"), "sold"),
        (("temperature", "outcome"), "outcome"),
        (("http_status", "latency"), "latency"),
    ],
)
def test_names_tell_what_is_forecast_from_what_drives_it(names: tuple[str, ...], target: str) -> None:
    columns = dict(zip(names, (NUMBERS, BACK, NUMBERS), strict=False))
    if "http_status" in columns:
        columns["http_status"] = [(200, 404, 500)[k * k % 3] for k in range(60)]
    assert guessed(day=DAYS, **columns).target.name == target


def test_a_guess_among_columns_that_are_as_likely_is_told_and_the_option_ends_it() -> None:
    guess = guessed(day=DAYS, gdp=NUMBERS, rate=BACK)
    assert guess.target.name == "gdp"  # files of dates have what matters first
    assert guess.reasons["target"].startswith(
        "a guess: 'rate' is as likely; --target names another, and a list predicts"
    )
    own = guessed("rate", day=DAYS, gdp=NUMBERS, rate=BACK)
    assert (own.target.name, own.notes) == ("rate", ())
    assert guessed(a=NUMBERS, b=BACK).target.name == "b"  # other tables have it last
    many = guessed(day=DAYS, **{f"s{k}": NUMBERS for k in range(9)})
    assert "'s1', 's2', 's3', 's4' and 4 more are as likely" in many.reasons["target"]
    named = guessed(day=DAYS, kunden=BACK, umsatz=NUMBERS, x=BACK)
    assert named.reasons["target"].startswith("taken for its name; --target names another: 'kunden', 'x'; numbers")
    assert guessed(day=DAYS, sales=NUMBERS).reasons["target"].startswith("the only such column; numbers")


def test_several_columns_that_are_empty_at_the_end_are_as_likely() -> None:
    ends = {name: [*NUMBERS[:50], *[""] * 10] for name in ("visits", "sales")}
    guess = guessed(day=DAYS, promo=[k % 3 for k in range(60)], **ends)
    assert guess.target.name == "sales"
    assert guess.reasons["target"].startswith("empty in the last 10 rows, in which others are filled; so 'visits' is")


@pytest.mark.parametrize("name", ["customer_id", "PLZ", "orderId"])
def test_identifiers_are_no_target_and_no_feature(name: str) -> None:
    codes = [70000 + 7 * (k * k % 31) for k in range(60)]
    guess = guessed(day=DAYS, x=NUMBERS, **{name: codes})
    assert ([column.name for column in guess.features], guess.target.name) == (["x"], "x")
    assert dict(guess.left_out)[name].startswith("its name is that of an identifier (whole numbers")
    with pytest.raises(DataError, match=f"no column can be predicted: '{name}' is left.*name one with --target"):
        guessed(day=DAYS, **{name: codes})
    asked = guessed(name, day=DAYS, **{name: [k * k % 5 for k in range(60)]})
    assert (asked.task.word, asked.kind) == ("next_step", "category")


def test_numbers_of_rows_are_no_target_and_no_feature() -> None:
    rows = [1000 + (7 * k) % 60 for k in range(60)]
    guess = guessed(day=DAYS, No=list(range(60)), ticket=rows, x=NUMBERS)
    assert [column.name for column in guess.features] == ["x"]
    assert dict(guess.left_out) == {"No": "it numbers the rows", "ticket": "it numbers the rows"}
    assert guessed(t=list(range(60)), line=list(range(3, 63))).target.name == "line"  # there is no other


def test_rows_that_are_counted_in_each_series_are_in_time_order() -> None:
    visits = {"patient": [k // 6 for k in range(60)], "visit": [k % 6 for k in range(60)], "heart_rate": NUMBERS}
    guess = guessed(**visits, pain=[k // 6 % 4 + 1 for k in range(60)])
    assert guess.roles.time is not None
    assert (guess.roles.time.name, guess.target.name) == ("visit", "heart_rate")
    (note,) = guess.notes
    assert note.startswith("'pain' is the same in all rows of each 'patient'; --task per_sequence --target pain tells")
    assert guessed("heart_rate", **visits, pain=[k // 6 % 4 + 1 for k in range(60)]).notes == ()
    asked = guessed("pain", task="per_sequence", **visits, pain=[k // 6 % 4 + 1 for k in range(60)])
    assert (asked.task.word, asked.target.name) == ("per_sequence", "pain")


def test_what_is_the_same_in_each_series_may_be_what_is_predicted_of_it() -> None:
    pages = ["home", "item", "cart", "home", "pay", "item"]
    clicks = {
        "session": [f"s{k // 6}" for k in range(60)],
        "when": [f"2024-01-01T00:{2 * (k // 6) + 5 * (k % 6):02}:{k // 6:02}" for k in range(60)],
    }
    clicks["page"] = [pages[k * k % 6] for k in range(60)]
    bought = ["yes" if k // 6 % 3 else "no" for k in range(60)]
    guess = guessed(**clicks, purchased=bought)
    assert (guess.task.word, guess.target.name) == ("next_step", "page")
    (note,) = guess.notes
    assert note.startswith(
        "'purchased' is the same in all rows of each 'session'; --task per_sequence --target purchas"
    )
    asked = guessed("purchased", task="per_sequence", **clicks, purchased=bought)
    assert (asked.task.word, asked.target.name) == ("per_sequence", "purchased")
    assert not guessed(**clicks, x=NUMBERS, region=bought).notes  # an attribute beside a forecast


def test_what_comes_next_is_told_from_a_label_of_the_same_row() -> None:
    words = {"sentence": [k // 6 for k in range(60)], "pos": [k % 6 for k in range(60)]}
    words |= {
        "token": ["abcdef"[k % 6] for k in range(60)],
        "ner": ["o", "o", "x"] * 20,
    }
    guess = guessed(**words)
    assert "'ner' is what comes next; --task per_step tells it from 'token' of the same row instead" in guess.notes
    assert guessed(task="per_step", target="ner", **words).notes == ()


FEW = ("the parcel is late", "cannot log in", "where is my money now")


@pytest.mark.parametrize(
    "beside",
    [
        {"topic": [k % 3 for k in range(60)], "id": list(range(60))},
        {"queue": ["a", "b", "a"] * 20, "ticket_no": [1000 + (7 * k) % 60 for k in range(60)]},
        {"prio": [k % 4 + 1 for k in range(60)]},
    ],
    ids=["codes", "words", "no label by name"],
)
def test_few_texts_that_repeat_are_texts_where_all_else_says_what_they_are(beside: dict[str, list]) -> None:
    guess = guessed(**beside, message=[FEW[k % 3] for k in range(60)])
    label = next(iter(beside))
    assert (guess.task.word, guess.target.name, guess.kind) == ("per_sequence", label, "category")
    assert guess.text is not None
    assert (guess.text.name, guess.roles.time) == ("message", None)


def test_few_texts_beside_times_or_numbers_are_words() -> None:
    texts = [FEW[k % 3] for k in range(60)]
    for more in ({"day": DAYS, "label": ["a", "b"] * 30}, {"x": NUMBERS, "label": ["a", "b"] * 30}, {}):
        assert guessed(sky=texts, **more).text is None


def test_stars_are_what_a_review_is_given() -> None:
    guess = guessed(stars=[k % 5 + 1 for k in range(40)], review=sentences(40))
    assert (guess.task.word, guess.target.name, guess.kind) == ("per_sequence", "stars", "category")
    assert "--target" not in guess.notes[0]
    assert "scale" not in guess_sequences(guess).keys
    two = guessed(mood=["a", "b"] * 20, about=["c", "d", "c", "e"] * 10, review=sentences(40))
    assert (two.target.name, two.notes) == ("about", ())
    assert two.reasons["target"] == "a guess: 'mood' is as likely; --target names another; 3 different words"


def test_an_empty_text_is_left_out_and_the_config_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{FEW[k % 3] if k != 7 else ''},{k % 3}\n" for k in range(60)]
    (tmp_path / "x.csv").write_text("text,topic\n" + "".join(rows))
    assert run(["init", "x.csv"]) == 0
    assert "missing: drop                             # 1 empty text is left out" in (tmp_path / "x.yaml").read_text()
    assert run(["check", "x.yaml"]) == 0


def test_a_last_column_that_may_be_a_label_is_told_where_the_target_is_a_guess() -> None:
    states = [k // 15 % 2 for k in range(60)]
    guess = guessed(day=DAYS, light=NUMBERS, co2=BACK, occupied=states)
    note = "'occupied' may be a label: --task per_step --target occupied tells it from the others of its row"
    assert (guess.target.name, note in guess.notes) == ("light", True)
    assert guessed(task="per_step", target="occupied", day=DAYS, light=NUMBERS, occupied=states).notes == ()
    assert guessed(day=DAYS, sales=NUMBERS, shift=states).notes == ()


def test_a_number_of_each_series_that_stands_last_may_be_told_from_its_rows() -> None:
    rows = {"batch": [k // 6 for k in range(60)], "minute": [k % 6 for k in range(60)], "temp": NUMBERS, "ph": BACK}
    guess = guessed(**rows, output=[80 + k // 6 * 1.5 for k in range(60)])
    assert "--task per_sequence --target output tells it from the others" in guess.notes[-1]


def test_a_column_of_few_values_is_no_target_and_its_empty_end_no_future() -> None:
    carbs = ["" if k % 13 else k + 5 for k in range(60)]
    guess = guessed(day=DAYS, carbs=carbs, glucose=NUMBERS)
    assert (guess.target.name, guess.horizon, guess.known) == ("glucose", None, ())
    assert guessed("carbs", day=DAYS, carbs=carbs, glucose=NUMBERS).horizon is None


def test_dates_that_are_not_read_are_told_on_the_terminal() -> None:
    guess = guessed(day=[f"01/0{k // 20 + 1}/2024 {k % 20}:00" for k in range(60)], x=NUMBERS)
    (note,) = guess.notes
    assert note.startswith("'day': dates such as 01/01/2024 0:00 are not read: no row tells which number is the day")
    assert note.endswith("or write them as 2024-01-31")


@pytest.mark.parametrize(
    ("name", "above", "form", "below"),
    [
        ("x y.txt", "", "{0} {1}  {2} \n", ""),
        ("x y.csv", "", "{0} {1}  {2} \n", ""),
        ("z.txt", "# site: X\n#\n# a b c d\n", " {0}   {1} {2}\n", ""),
        ("z.data", " 1948\n", " {0}   {1} {2}\n", "  -99.99\n nino index\n"),
        ("z.txt", "Day Nr Level\n", "2023-01-{1:02} {0} {2}\n", ""),
        ("z.txt", '"day" "x"\n', '"{0}" "2023-01-{1:02}" {2}\n', ""),
    ],
)
def test_values_between_spaces_are_no_text_and_the_advice_helps(
    name: str, above: str, form: str, below: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(above + "".join(form.format(k // 30, k % 30 + 1, NUMBERS[k % 60]) for k in range(90)) + below)
    with pytest.raises(DataError, match="3 values a line with spaces between them") as told:
        read_sample(path)
    before = path.read_text()
    subprocess.run(["sh", "-c", str(told.value).partition("write commas: ")[2]], cwd="/", check=True)
    assert path.read_text() == before
    assert describe_columns(read_sample(path.with_name(f"{path.stem}_commas.csv")))[2].kind == "number"
    for prose in ("so it was\n", "it was 1859 or so\n", "Act 1\n"):
        (tmp_path / "prose.txt").write_text(prose * 30)
        assert read_sample(tmp_path / "prose.txt").text


def test_one_number_a_line_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("".join(f"{number}\n" for number in NUMBERS))
    assert describe_columns(read_sample(tmp_path / "x.txt"))[0].kind == "number"


MIXED = "'load': its numbers are in several units: 45 cells in 'kW' (line 2) and 15 cells in {!r} (line 5); {}"
UNREAD = "write all in one"
READ = "all are read in kW; correct the cells if that is wrong"


@pytest.mark.parametrize(
    ("odd", "target", "told"),
    [
        ("0.9 hp", "x", MIXED.format("hp", UNREAD)),
        ("0.9 kB", "x", MIXED.format("kB", UNREAD)),
        ("0.9 MW", "load", MIXED.format("MW", READ)),
    ],
)
def test_a_likelier_target_that_cannot_be_read_is_told_first(odd: str, target: str, told: str, tmp_path: Path) -> None:
    cells = [odd if row % 4 == 3 else f"{300 + row} kW" for row in range(60)]
    path = tmp_path / "x.csv"
    path.write_text("day,load,x\n" + "".join(f"{d},{c},{x}\n" for d, c, x in zip(DAYS, cells, NUMBERS, strict=True)))
    columns = describe_columns(read_sample(path))
    guess = told_of(guess_task(columns))
    assert guess.target.name == target
    assert guess.notes[0] == told
    likelier = guess.reasons["target"].startswith("'load' is likelier, and cannot be read; ")
    assert likelier == (target == "x")
    assert guess_task(columns, Wishes(target="x")).reasons["target"] == "given with --target"
    if target == "load":
        assert columns[1].values.to_list() == [900.0 if row % 4 == 3 else 300.0 + row for row in range(60)]


def test_columns_that_are_numbered_as_series_become_series_and_others_are_asked_about(tmp_path: Path) -> None:
    path, draw = tmp_path / "x.csv", np.random.default_rng(3)
    days = [str(date(2023, 1, 1) + timedelta(days=day)) for day in range(60)]

    def made(names: list[str], *, whole: bool = False, **asked: Any) -> tuple[str, list[str]]:
        columns = {name: draw.normal(9, 1, 60).round(0 if whole and name == names[0] else 2) for name in names}
        pl.DataFrame({"date": days, **columns}).write_csv(path)
        starter = make_starter(path, tmp_path, Wishes(**asked))
        (tmp_path / "c.yaml").write_text(starter.text)
        return starter.text, [one.text for one in starter.remarks if one.use == "doubtful"]

    text, doubts = made(["store_1", "store_2", "store_3"])
    assert "\n  wide: {columns: [store_1, store_2, store_3], names: store, values: value}" in text
    assert "\n  series: store" in text
    assert not doubts
    order = load_dataset(load_config(tmp_path / "c.yaml")).order
    assert np.diff(order.bounds).tolist() == [60] * 3
    assert "wide:" not in made(["store_1", "store_2", "store_3"], target="store_2")[0]
    text, (doubt,) = made(["Bern", "Basel", "Genf"])
    assert doubt.startswith("'Bern' to 'Genf' may hold one thing of 3 series; then set data.wide: {columns: [Bern,")
    wide = "wide: {columns: [Bern, Basel, Genf], names: series, values: value}"
    assert wide in doubt
    text = re.sub(r"\n  (target|features): .*", "", text).replace(
        "\n  task:", f"\n  {wide}\n  series: series\n  target: [value]\n  task:"
    )
    (tmp_path / "c.yaml").write_text(text)
    order = load_dataset(load_config(tmp_path / "c.yaml")).order
    assert np.diff(order.bounds).tolist() == [60] * 3
    assert "one thing of" not in "".join(made(["Bern", "Basel", "Genf"], whole=True)[1])


def test_features_called_as_if_known_ahead_are_asked_about(tmp_path: Path) -> None:
    path, draw = tmp_path / "x.csv", np.random.default_rng(3)
    days = [str(date(2023, 1, 1) + timedelta(days=day)) for day in range(60)]
    columns = {name: draw.normal(9, 1, 60).round(2) for name in ("load_forecast", "load", "wind")}
    pl.DataFrame({"date": days, **columns, "is_holiday": draw.integers(0, 2, 60)}).write_csv(path)
    starter = make_starter(path, tmp_path, Wishes())
    assert "\n  target: [load]" in starter.text
    assert "\n  # known: [load_forecast, is_holiday]" in starter.text
    told = {one.column: one.option for one in starter.remarks if one.use == "doubtful"}
    assert told == dict.fromkeys(
        ("load_forecast", "is_holiday"), "--known load_forecast,is_holiday if it is known when a forecast is made"
    )
    assert (
        "\n  known: [load_forecast, is_holiday]"
        in make_starter(path, tmp_path, Wishes(known=("load_forecast,is_holiday",))).text
    )
