from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from config.json_schema import conforms, values
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from rnnctl.config import FIRST_STEP, load_config
from rnnctl.config.dump import config_to_yaml, json_schema
from rnnctl.config.schema import name_fault
from rnnctl.config.yaml_reader import dotted, read_yaml
from rnnctl.errors import ConfigError

SCHEMA = json_schema()
CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
Plain = dict[str, Any]


def _keep_one(section: Plain, *names: str) -> None:
    for name in [name for name in names if section.get(name) is not None][1:]:
        del section[name]


def _agreeing(plain: Plain) -> Plain:
    """A schema-conforming config with the rules across keys, which JSON Schema cannot say, kept as well."""
    assume(name_fault(plain.get("name", "x")) is None)
    data = plain["data"] = plain["data"] if isinstance(plain["data"], dict) else {"kind": plain["data"]}
    assume("\0" not in data.get("path", "") and data.get("path") != ".")
    _keep_one(plain.get("training", {}), "steps", "epochs")
    _keep_one(plain.get("training", {}), "members", "member")
    if isinstance(plain.get("optimizer"), dict):
        _keep_one(plain["optimizer"], "clipnorm", "global_clipnorm", "clipvalue")
    model = plain.setdefault("model", {})
    model["head"] = "dense"
    each = {"copy": True, "adding": False}
    model["return_sequences"] = each.get(data["kind"], model.get("return_sequences", False))
    if "target" in data:
        _agreeing_table(data, plain)
    elif data["kind"] == "text":
        model["return_sequences"], plain["loss"] = True, "categorical_crossentropy"
    else:
        _agreeing_loss(plain)
    plain.get("training", {}).pop("truncate", None)
    plain.get("training", {}).pop("smoothing", None)
    if isinstance(data.get("split", {}).get("test"), float):
        data["split"]["test"] /= 10
        data["split"]["validation"] = 0.25
    if not data.get("split", {}).get("validation"):
        plain.get("training", {}).pop("early_stopping", None)
        plain.get("training", {}).pop("refit", None)
    if plain.get("training", {}).get("with_validation"):
        plain["training"] |= {"early_stopping": None, "refit": False, "naive_weight": 0}
    held = data.get("split", {"validation": 1}).get("validation")
    if data["kind"] != "sine" or not held or "quantile" in str(plain.get("loss")):
        plain.get("training", {}).pop("naive_weight", None)
    ahead = data["kind"] in ("text", "sine") or data.get("task") in ("forecast", "next_step")
    for layer in model.get("layers", []):
        if ahead and model["return_sequences"] and isinstance(layer, dict):
            layer["bidirectional"] = False
        for value in layer.values() if isinstance(layer, dict) else ():
            if isinstance(value, dict) and value["kind"] == "random_uniform":
                value |= {"minval": -1.0, "maxval": 1.0}
    return plain


def _agreeing_loss(plain: Plain) -> None:
    plain.get("training", {}).pop("class_weights", None)
    if "crossentropy" in str(plain.get("loss")):
        del plain["loss"]
    if isinstance(plain.get("loss"), dict) and "quantiles" in plain["loss"]:
        plain["loss"]["quantiles"] = sorted({*plain["loss"]["quantiles"]})


def _agreeing_table(data: Plain, plain: Plain) -> None:
    task = data.setdefault("task", "forecast")
    data["target"] = data["target"][:1]
    target = data["target"][0]
    assume(data.get("series") != target)
    assume(target != "another")
    features = dict.fromkeys([*(data.get("features") or ()), f"{target} too", "another"])
    if task not in ("forecast", "next_step"):
        features.pop(target, None)  # the model would see the answer
    data["features"] = [*features]
    kinds = [kind for kind in data.get("columns", {}).values() if not _is(kind, "words", "characters")]
    data["columns"] = dict(zip(["another", f"{target} too"], kinds, strict=False))
    data["static"] = data["features"][:1] if data.get("static") else None
    data["series"] = data.get("series") or "series"
    data["time"] = data.get("time") or "time"
    times, series = ([names] if isinstance(names, str) else names for names in (data["time"], data["series"]))
    assume(set(times).isdisjoint(series))
    if isinstance(data.get("time_format"), list) or isinstance(data["time"], list):
        data["time_format"] = None  # has a form for each column
    if data.get("frequency") == "1b":
        data.pop("open", None)  # business days have their own
    data["known"] = data["features"][-1:] if data.get("known") else None
    if data["known"] and _is(data["columns"].get(data["known"][0], "number"), "date"):
        data["known"] = None
    data |= {name: _rising(data.get(name)) for name in ("season", "lags")}
    if data.get("scale") == "none":
        data["scale_by"] = "all"
    if task == "next_step" and data.get("missing") == "interpolate":
        data["missing"] = "forward"
    if task == "forecast":
        of_rows = ("validation", "test", "per_series")
        data["split"] = {key: value for key, value in data.get("split", {}).items() if key in of_rows}
        data["window"] = data.get("window") or {"length": 4}
    else:
        data.get("split", {}).pop("per_series", None)
        data |= {"known": None, "difference": 0} | ({} if task == "next_step" else {"lags": [], "season": []})
        data["window"] = None
        plain["model"]["return_sequences"] = task != "per_sequence"
    if data.get("thousands") == ("," if data.get("decimal_comma") else "."):
        data["thousands"] = None
    plain["loss"] = "mse"
    if kinds and _is(kinds[0], "category", "boolean"):
        data |= {
            "difference": 0,
            "transform": "none",
            "lags": [],
            "season": [],
            "columns": data["columns"] | {target: kinds[0]},
        }
        if data["window"]:
            data["window"]["horizon"] = 1
        plain["loss"] = "binary_crossentropy" if _is(kinds[0], "boolean") else "categorical_crossentropy"
    else:
        plain.get("training", {}).pop("class_weights", None)
    _agreeing_scale(data, plain)


def _agreeing_scale(data: Plain, plain: Plain) -> None:
    data["season_phase"] = bool(data["season"]) and data.get("season_phase", False)
    if data.get("scale_by") == "window" and (plain["loss"] != "mse" or data["window"] is None):
        data["scale_by"] = "all"
    elif data.get("scale_by") == "window":
        plain["model"]["return_sequences"] = False
        data["missing"] = "error" if data.get("missing") == "mask" else data.get("missing", "error")


def _rising(rows: Any) -> list[int]:
    return sorted({rows} if isinstance(rows, int) else {*(rows or ())})


def _is(column: Any, *kinds: str) -> bool:
    return (column if isinstance(column, str) else column["kind"]) in kinds


ANYTHING = values(SCHEMA, SCHEMA)


@st.composite
def _configs(draw: st.DrawFn) -> Plain:
    """Composite, for Hypothesis writes out the strategy of an argument where an assumption fails: 34 kB each time."""
    return _agreeing(draw(ANYTHING))


configs = _configs()
patient = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def _json(plain: Plain) -> str:
    """JSON is YAML too, so it writes a config without the code under test; what YAML cannot hold bare is escaped."""
    text = json.dumps(plain, ensure_ascii=False)
    return "".join(c if c.isprintable() or ord(c) > 0xFFFF else f"\\u{ord(c):04x}" for c in text)


@patient
@given(configs)
def test_every_config_that_the_schema_allows_loads_and_survives_yaml(tmp_path_factory: Any, plain: Plain) -> None:
    file = tmp_path_factory.getbasetemp() / "random.yaml"
    file.write_text(_json(plain), encoding="utf-8")
    config = load_config(file)
    text = config_to_yaml(config)
    file.write_text(text, encoding="utf-8")
    again = load_config(file)
    assert again == config
    assert config_to_yaml(again) == text
    assert conforms(read_yaml(text, "dump").value, SCHEMA, SCHEMA)


@patient
@given(configs, st.data())
def test_any_one_mistake_in_a_config_is_told_at_its_line_and_path(
    tmp_path_factory: Any, plain: Plain, data: Any
) -> None:
    file = tmp_path_factory.getbasetemp() / "mistaken.yaml"
    file.write_text(_json(plain), encoding="utf-8")
    text = config_to_yaml(load_config(file))
    lines = text.splitlines()
    document = read_yaml(text, "dump")
    places = {path: place for path, place in document.places.items() if path and isinstance(path[-1], str)}
    path = data.draw(st.sampled_from(sorted(places, key=str)))
    key, value = places[path].key, places[path].value
    assert key is not None
    assert value is not None
    kind = data.draw(st.sampled_from(["misspelt", "wrong type", "out of range"]))
    row = key[0] - 1
    assume(path[-2:-1] != ("columns",))  # these names are the user's own
    if kind == "misspelt":
        lines[row] = lines[row].replace(f"{path[-1]}:", f"{path[-1]}x:", 1)
        path, column = (*path[:-1], f"{path[-1]}x"), key[1]
    else:
        leaf = not isinstance(_at(document.value, path), dict | list)
        assume(leaf and value[0] == key[0])
        bad = "{a: 1}" if kind == "wrong type" else "-1e99"
        assume(kind == "wrong type" or path[-1] not in ("value", "mean", "minval", "maxval", "gain"))
        # A mapping is of the right type for these: its key is what is wrong, or a label, which the data knows alone.
        assume(path[-1] not in ("learning_rate", "class_weights", "early_stopping", "window", "columns", "wide"))
        lines[row] = lines[row][: value[1] - 1] + bad
        column = value[1]
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    told = [(fault.line, fault.column, fault.path) for fault in caught.value.faults]
    assert (row + 1, column, dotted(path)) in told


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_config_conforms_to_the_schema_and_points_editors_at_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../rnnctl/config/schema.json\n")
    assert conforms(read_yaml(text, path.name).value, SCHEMA, SCHEMA)
    assert load_config(path).name == path.stem


def test_the_committed_schema_is_the_one_that_the_code_makes(root: Path) -> None:
    committed = (root / "rnnctl" / "config" / "schema.json").read_text(encoding="utf-8")
    assert committed == json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n", "write rnnctl/config/schema.json anew"


def test_the_schema_allows_short_forms_and_refuses_wrong_words() -> None:
    assert conforms({"data": "dummy", "loss": "mae", "optimizer": "adam", "model": {"layers": ["gru"]}}, SCHEMA, SCHEMA)
    assert conforms({"data": {"kind": "sine", "split": {"test": 0}}}, SCHEMA, SCHEMA)
    for wrong in (
        {},
        {"data": "csv"},
        {"data": "dummy", "loss": "ms"},
        {"data": "dummy", "x": 1},
        {"data": {"kind": "x"}},
    ):
        assert not conforms(wrong, SCHEMA, SCHEMA)


def test_every_key_of_the_schema_is_described() -> None:
    bare = [
        f"{name}.{key}"
        for name, section in {**SCHEMA["$defs"], "Config": SCHEMA}.items()
        for key, inner in section["properties"].items()
        if key not in ("kind", "cell") and "description" not in inner
    ]
    assert bare == []
    assert all("description" in section for section in SCHEMA["$defs"].values())


def test_the_dump_holds_every_default_with_the_chosen_word_in_front() -> None:
    plain = read_yaml(config_to_yaml(FIRST_STEP), "dump").value
    assert list(plain) == list(SCHEMA["properties"])
    assert next(iter(plain["optimizer"])) == "kind"
    assert plain["optimizer"]["momentum"] == 0.0
    assert plain["model"]["layers"][0]["recurrent_initializer"] == {"kind": "orthogonal", "gain": 1.0}
    assert plain["training"]["early_stopping"] is None


@settings(deadline=None)
@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_a_float_is_read_back_bit_for_bit(rate: float) -> None:
    config = FIRST_STEP.model_copy(
        update={"optimizer": FIRST_STEP.optimizer.model_copy(update={"learning_rate": rate})}
    )
    assert read_yaml(config_to_yaml(config), "dump").value["optimizer"]["learning_rate"] == rate


@pytest.mark.parametrize("name", ["a\x85b", "\u2028", "x\ty", "\x7f", "no", "1e-3", "<<", "'", "é", "a: b", " "])
def test_every_text_is_read_back_as_it_was(tmp_path: Path, name: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        f"data: {{kind: csv, path: d.csv, target: [{json.dumps(name)}], window: {{length: 3}}}}", encoding="utf-8"
    )
    config = load_config(file)
    assert config.data.model_dump()["target"] == (name,)
    file.write_text(config_to_yaml(config), encoding="utf-8")
    assert load_config(file) == config
