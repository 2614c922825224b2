from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from made_runs import made_run, made_step
from small import small_config

from rnnctl.report.comparing import Comparison, Row, compare, comparison_fields
from rnnctl.report.run_words import sentence
from rnnctl.runs.jsonl import dump_line
from rnnctl.runs.listing import entry_of
from rnnctl.workflows.report import report, view_run


def compared(*paths: Path) -> Comparison:
    return compare([view_run(path) for path in paths])


def rows(found: Comparison, group: str) -> dict[str, tuple[str, ...]]:
    return {row.name: row.cells() for row in found.groups.get(group, ())}


def test_only_keys_that_differ_are_told(tmp_path: Path) -> None:
    one = small_config(optimizer={"kind": "sgd", "learning_rate": 0.1})
    two = small_config(optimizer={"kind": "sgd", "learning_rate": {"kind": "cosine", "initial_learning_rate": 0.5}})
    three = small_config(model={"layers": [{"cell": "simple_rnn", "units": 3}, {"cell": "gru", "units": 4}]})
    runs = [made_run(tmp_path, config=config) for config in (one, two, three)]
    found = rows(compared(*runs), "config")
    assert found["optimizer.learning_rate"] == ("0.1", "–", "0.1")
    assert found["optimizer.learning_rate.initial_learning_rate"] == ("–", "0.5", "–")
    assert found["model.layers.1.units"] == ("–", "–", "4")
    assert not [key for key in found if key.startswith(("data", "training", "seed", "model.layers.0"))]
    assert "config" not in compared(runs[0], made_run(tmp_path, config=one)).groups


def test_what_runs_came_to_stands_side_by_side(tmp_path: Path) -> None:
    found = compared(
        made_run(tmp_path, metrics={"test_mae": 2.0, "naive_mae": 4.0, "mean_mae": 9.0}),
        made_run(tmp_path, steps=4, stopped=None),
    )
    assert found.runs == ("small-1", "small-2")
    training = rows(found, "training")
    assert training["state"] == ("done", "interrupted")
    assert training["final loss"] == ("0.1250", "0.2500")
    assert training["best validation loss"] == ("0.6000", "0.6000")
    assert rows(found, "test") == {"MAE": ("2.000", "–"), "MAE, best baseline": ("4.000", "–")}
    through = rows(found, "gradient through time")
    assert through["recurrent_0/h reach"] == ("6 of 6", "6 of 6")  # 0.5⁵ = 3 %
    assert through["recurrent_0/h decay a time step"] == ("0.5000", "0.5000")
    assert rows(found, "speed")["a step"] == ("0.4 ms", "0.4 ms")


def test_one_best_validation_is_told_everywhere_though_a_later_one_is_lower_by_less_than_min_delta(
    tmp_path: Path,
) -> None:
    runs = [made_run(tmp_path) for _ in range(2)]
    checks = runs[0] / "validation.jsonl"
    checks.write_text(checks.read_text().replace("0.7", "0.55"))
    (entry, _), found = map(entry_of, runs), compared(*runs)
    assert rows(found, "training")["best validation loss"] == ("0.6000", "0.6000")
    assert entry.best_loss == 0.6
    assert "validation 0.6000 at best, after epoch 1" in sentence(view_run(runs[0]))


def test_a_loss_at_every_time_step_says_nothing_of_reach(tmp_path: Path) -> None:
    runs = [made_run(tmp_path, reach=None, verdict=None) for _ in range(2)]
    assert rows(compared(*runs), "gradient through time").keys() == {"median |grad|"}


def test_sequences_that_end_at_different_time_steps_say_nothing_of_reach_while_they_are_trained_on(
    tmp_path: Path,
) -> None:
    ragged = [made_step(1, state_gradient_norms={"recurrent_0/h": (0.1, 0.2, 0.4, 0.0, 0.0, 0.0)})]
    runs = [made_run(tmp_path, records=ragged, stopped=None), made_run(tmp_path, stopped=None)]
    assert rows(compared(*runs), "gradient through time")["recurrent_0/h reach"] == ("–", "6 of 6")


def test_runs_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    runs = [made_run(tmp_path / place) for place in ("a", "b")]
    assert compared(*runs).runs == tuple(map(str, runs))


def test_a_machine_that_differs_is_told(tmp_path: Path) -> None:
    runs = [made_run(tmp_path) for _ in range(2)]
    environment = json.loads((runs[1] / "environment.json").read_text())
    environment["versions"]["numpy"] = "1.0"
    (runs[1] / "environment.json").write_text(json.dumps(environment))
    (name, cells), *others = rows(compared(*runs), "environment").items()
    assert (name, cells[1], others) == ("versions.numpy", "1.0", [])


def test_runs_without_steps_and_configs_that_are_none_can_be_compared(tmp_path: Path) -> None:
    runs = [made_run(tmp_path, steps=0, stopped=None), made_run(tmp_path)]
    (runs[1] / "config.yaml").write_text("7\n")
    found = compared(*runs)
    assert rows(found, "training")["final loss"] == ("–", "0.1250")
    assert json.loads(dump_line(comparison_fields(found)))["runs"] == ["small-1", "small-2"]


def test_a_run_that_is_given_twice_is_shown_twice(tmp_path: Path) -> None:
    path = made_run(tmp_path)
    assert compared(path, path).runs == (str(path), f"{path} (2)")
    assert "2 runs side by side" in report(path, path, out=tmp_path / "page.html").read_text()


def test_the_best_of_runs_is_marked_where_they_differ_and_one_is_better() -> None:
    assert Row("MAE", (3.0, 2.0, None), better="low").best() == {1}
    assert Row("R²", (0.5, 0.9, float("nan"), 0.9), better="high").best() == {1, 3}
    assert Row("MAE", (2.0, 2.0), better="low").best() == set()
    assert Row("MAE", (2.0, None), better="low").best() == set()
    assert Row("state", ("done", "failed")).best() == set()
    rows = [row for group in compare_of(((2.0, 0.5), (3.0, 0.7))).groups.values() for row in group]
    assert {row.name: row.best() for row in rows if row.best()} == {"MAE": {0}, "R²": {1}}


def test_nothing_is_best_where_runs_are_scored_on_different_values(tmp_path: Path) -> None:
    def best(*data: dict[str, object], loss: str = "mse") -> set[str]:
        made = [
            made_run(
                tmp_path, config=small_config(data=each, loss=["mse", loss][place]), metrics={"test_mae": 2.0 + place}
            )
            for place, each in enumerate(data)
        ]
        checks = made[1] / "validation.jsonl"
        checks.write_text(checks.read_text().replace("0.6", "0.5"))
        rows = [row for group in compared(*made).groups.values() for row in group]
        return {row.name for row in rows if row.best()}

    csv = {"kind": "csv", "path": "a.csv", "target": ["y"], "window": {"length": 3, "horizon": 2}}
    assert best(csv, csv) == {"MAE", "best validation loss"}
    assert best(csv, csv, loss="mae") == {"MAE"}
    assert best(csv, csv | {"window": {"length": 5, "horizon": 2}}) == {"MAE", "best validation loss"}
    assert best(csv, csv | {"scale": "minmax"}) == {"MAE"}
    for other in ({"window": {"length": 3, "horizon": 1}}, {"target": ["z"]}, {"split": {"test": 0.3}}):
        assert best(csv, csv | other) == set()


def compare_of(metrics: Sequence[tuple[float, float]]) -> Comparison:
    with TemporaryDirectory() as folder:
        found = [made_run(Path(folder), metrics={"test_mae": mae, "test_r2": r2}) for mae, r2 in metrics]
        return compared(*found)
