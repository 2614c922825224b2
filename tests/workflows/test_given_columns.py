"""Ids, texts and other columns of a file beside the predictions from it; and cells that cost their own row alone."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from rnnctl.cli.main import run
from rnnctl.config.schema import Config
from rnnctl.errors import DataError
from rnnctl.prediction.given_columns import given_columns
from rnnctl.sources.csv import CsvData
from rnnctl.workflows.predict import predict
from rnnctl.workflows.train import train_steps


def trained(folder, data, **model):
    config = {
        "name": "run",
        "seed": 1,
        "data": {"kind": "csv", "split": {"validation": 0, "test": 0}} | data,
        "model": {"layers": [{"cell": "simple_rnn", "units": 2}]} | model,
        "training": {"steps": 2, "batch_size": 4},
    }
    steps = train_steps(Config.model_validate(config), out=folder)
    list(steps)
    return steps.folder


def test_columns_with_the_same_name_are_left_out_and_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("n,x,x,y\n1,2,3,4\n5,6,7,8\n")
    keys = {"kind": "csv", "path": str(path), "target": ["y"], "window": {"length": 1}}
    found, notes = given_columns(CsvData.model_validate(keys))
    assert found.to_dict(as_series=False) == {"n": ["1", "5"]}
    assert notes == (f"{path}: several columns are named x, so these do not stand beside the predictions",)


@pytest.fixture(scope="module")
def tickets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tickets")
    path = folder / "own.csv"
    lines = [f"{n},{text},{topic}" for n, (text, topic) in enumerate((("late", 0), ("red probability", 1)) * 6)]
    path.write_text("id,text,topic\n" + "\n".join(lines) + "\n")
    columns = {"text": "words", "topic": "category"}
    data = {"path": str(path), "task": "per_sequence", "features": ["text"], "target": ["topic"], "columns": columns}
    return SimpleNamespace(run=trained(folder, data), folder=folder)


def test_an_empty_text_costs_its_own_row_and_other_columns_come_through(tickets):
    new = tickets.folder / "new.csv"
    new.write_text("ticket,text,p(topic)\n007,late,x\n008,,y\n009,red,z\n")
    found = predict(tickets.run, data=new)
    assert found.frame.columns == [
        "row", "ticket", "text", "p(topic)", "topic", "predicted p(topic)", "p(topic=0)", "p(topic=1)",
    ]  # fmt: skip
    assert found.frame["ticket"].to_list() == ["007", "008", "009"]
    assert found.frame["text"].to_list() == ["late", None, "red"]
    assert found.frame["p(topic)"].to_list() == ["x", "y", "z"]
    told = ["topic", "predicted p(topic)", "p(topic=0)", "p(topic=1)"]
    assert [row for row in found.frame.select(told).rows() if None in row] == [(None,) * 4]
    assert found.frame["topic"].is_null().to_list() == [False, True, False]
    assert any("line 3: no word in the text" in note for note in found.notes)
    assert not any("data.missing" in note for note in found.notes)


def test_of_a_file_of_empty_texts_alone_nothing_can_be_said(tickets):
    new = tickets.folder / "empty.csv"
    new.write_text('text\n""\n" "\n')
    with pytest.raises(DataError, match="every sequence misses an input"):
        predict(tickets.run, data=new)


def test_standard_input_is_read_and_called_so(tickets, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"text\nlate\n\nlate\n")))
    found = predict(tickets.run, data="-")
    assert found.frame.height == 3
    assert any(note.startswith("standard input: column 'text': line 3") for note in found.notes)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"other\n1\n")))
    with pytest.raises(DataError, match=r"^standard input: line 1: there is no column 'text'"):
        predict(tickets.run, data="-")


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machines")
    path = folder / "own.csv"
    rows = [f"m{n},{t},{n % 2 + t / 10},{('ok', 'probability')[n % 2]}" for n in range(8) for t in range(3)]
    path.write_text("id,t,x,state\n" + "\n".join(rows) + "\n")
    data = {"path": str(path), "time": "t", "series": "id", "features": ["x"], "target": ["state"]}
    data |= {"task": "per_sequence", "columns": {"state": "category"}}
    return SimpleNamespace(run=trained(folder, data), folder=folder)


def test_a_cell_that_cannot_be_read_costs_its_own_sequence(machines):
    new = machines.folder / "new.csv"
    new.write_text("t,x,id,site,shift\n0,1.5,a,S1,1\n1,oops,a,S1,2\n0,1,b,S2,1\n1,2,b,S2,1\n")
    found = predict(machines.run, data=new)
    assert found.frame.columns == ["id", "site", "state", "p(state)", "p(state=ok)", "p(state=probability)"]
    assert found.frame["site"].to_list() == ["S1", "S2"]  # shift and x differ within a sequence
    assert found.frame["state"].is_null().to_list() == [True, False]
    alone = machines.folder / "alone.csv"
    alone.write_text("t,x,id\n0,1,b\n1,2,b\n")
    assert predict(machines.run, data=alone).frame["p(state)"][0] == pytest.approx(found.frame["p(state)"][1])
    assert f"{new}: column 'x': line 3 'oops': not a number; taken as missing" in found.notes
    truth = machines.folder / "truth.csv"
    truth.write_text("t,x,id,state\n0,1,b,ok\n1,2,b,ok\n0,1,c,?\n1,2,c,?\n")
    beside = predict(machines.run, data=truth).frame
    assert beside.columns == ["id", "state", "predicted state", "p(state)", "p(state=ok)", "p(state=probability)"]
    assert beside["state"].to_list() == ["ok", "?"]
    assert beside["predicted state"].to_list() == [found.frame["state"][1]] * 2
    assert f"{new}: column 'x': line 3: no value; the sequences that hold it are not predicted" in found.notes


def test_of_a_label_per_row_a_cell_costs_its_own_row_and_the_value_before_stands_in(tmp_path):
    rows = [f"{t},{t % 3},{('no', 'yes')[t % 2]}" for t in range(12)]
    (tmp_path / "own.csv").write_text("t,x,y\n" + "\n".join(rows) + "\n")
    data = {"path": str(tmp_path / "own.csv"), "time": "t", "features": ["x"], "target": ["y"], "task": "per_step"}
    found = trained(tmp_path, data | {"columns": {"y": "boolean"}}, return_sequences=True)
    new, filled = tmp_path / "new.csv", tmp_path / "filled.csv"
    new.write_text("t,x,note\n0,1,a\n1,,b\n2,2,c\n")
    filled.write_text("t,x,note\n0,1,a\n1,1,b\n2,2,c\n")
    frame, whole = predict(found, data=new).frame, predict(found, data=filled).frame
    assert whole["y"].to_list() == [("no", "yes")[int(chance >= 0.5)] for chance in whole["p(y)"]]
    assert frame["note"].to_list() == ["a", "b", "c"]
    assert frame["x"].to_list() == ["1", None, "2"]
    assert frame["p(y)"].to_list() == [whole["p(y)"][0], None, whole["p(y)"][2]]
    filled.write_text("t,x,y\n0,1,no\n1,1,\n2,2,yes\n")
    beside = predict(found, data=filled).frame
    assert beside["y"].to_list() == ["no", None, "yes"]
    assert beside["predicted y"].to_list() == whole["y"].to_list()
    new.write_text("t,x,note\n0,,a\n1,1,b\n2,2,c\n")  # before which no value is
    assert predict(found, data=new).frame["p(y)"].to_list() == [None, whole["p(y)"][1], whole["p(y)"][2]]


def test_of_forecasts_what_the_file_knows_of_a_row_comes_through(tmp_path):
    rows = [f"{s},{town},{t},{t % 2},{t * t if t < 9 else ''}" for s, town in ("ax", "by") for t in range(10)]
    path = tmp_path / "own.csv"
    path.write_text("shop,town,t,holiday,y\n" + "\n".join(rows) + "\n")
    data = {"path": str(path), "time": "t", "series": "shop", "target": ["y"], "features": ["y", "holiday"]}
    data |= {"known": ["holiday"], "window": {"length": 3}, "missing": "drop"}
    found = trained(tmp_path, data)
    frame = predict(found).frame
    assert frame.columns == ["shop", "t", "town", "holiday", "y"]
    assert frame.select("shop", "t", "town", "holiday").rows() == [("a", 9, "x", "1"), ("b", 9, "y", "1")]
    broken = tmp_path / "broken.csv"
    broken.write_text(path.read_text().replace("b,y,7,1,49", "b,y,7,1,oops"))
    less = predict(found, data=broken)
    assert less.frame.select("shop", "t").rows() == [("a", 9)]
    assert less.frame["y"][0] == pytest.approx(frame["y"][0])
    assert any("column 'y' at 7 of series 'b'; 1 series not predicted" in note for note in less.notes)


def test_a_continued_text_goes_to_a_text_file_and_a_table_does_not(tickets, tmp_path, capsys):
    (tmp_path / "song.txt").write_text("la li la lo " * 30)
    config = {
        "name": "song",
        "data": {"kind": "text", "path": str(tmp_path / "song.txt"), "level": "words", "window": {"length": 4}},
        "model": {"layers": [{"cell": "simple_rnn", "units": 2}], "return_sequences": True},
        "training": {"steps": 2, "batch_size": 4},
    }
    config["data"]["length"] = config["data"].pop("window")["length"]
    steps = train_steps(Config.model_validate(config), out=tmp_path)
    list(steps)
    assert run(["predict", str(steps.folder), "--prompt", "la", "--horizon", "5", "-o", str(tmp_path / "new.txt")]) == 0
    written = (tmp_path / "new.txt").read_text()
    assert written.startswith("la ")
    assert len(written.split()) == 6
    assert run(["predict", str(tickets.run), "-o", str(tmp_path / "table.txt")]) == 2
    assert "give a .csv or .parquet file" in capsys.readouterr().err
    assert not (tmp_path / "table.txt").exists()
