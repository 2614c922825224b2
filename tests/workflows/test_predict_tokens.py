"""Classes of new sequences, and continued texts, beside the model's own outputs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from rnnctl.config.schema import Config
from rnnctl.engines.choosing import Engines
from rnnctl.errors import ConfigError, DataError
from rnnctl.model.weights import assign_weights, weight_arrays
from rnnctl.prediction.future_tokens import prompt_to_continue
from rnnctl.runs.trained_run import load_run, read_preparation
from rnnctl.workflows.continuing import continued, rows_seen
from rnnctl.workflows.evaluate import evaluate
from rnnctl.workflows.predict import predict
from rnnctl.workflows.train import train_steps


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


LETTERS = "abcd"


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """Sequences of different lengths; the class says whether they hold more a than b."""
    folder = tmp_path_factory.mktemp("words")
    random, lines = np.random.default_rng(2), ["s,c,more"]
    for number in range(40):
        word = "".join(random.choice(list(LETTERS), random.integers(2, 7)))
        more = "a" if word.count("a") > word.count("b") else "b"
        lines += [f"w{number},{char},{more}" for char in word]
    (folder / "own.csv").write_text("\n".join(lines) + "\n")
    columns = {"c": "category", "more": "category"}
    data = {"kind": "csv", "path": str(folder / "own.csv"), "series": "s", "features": ["c"], "target": ["more"]}
    data |= {"columns": columns, "task": "per_sequence", "split": {"validation": 0, "test": 10}}
    return trained(folder, data)


def test_a_class_for_each_sequence_comes_with_probabilities_and_scores_as_evaluate_says(words):
    own = words.folder / "own.csv"
    found = predict(words.path).frame
    assert found.columns == ["s", "more", "predicted more", "p(more)", "p(more=a)", "p(more=b)"]
    assert found["s"].to_list() == [f"w{number}" for number in range(40)]
    chances = found.select("p(more=a)", "p(more=b)").to_numpy()
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    assert found["p(more)"].to_list() == pytest.approx(chances.max(axis=1).tolist())
    truth = pl.read_csv(own).group_by("s", maintain_order=True).first()["more"]
    assert found["more"].to_list() == truth.to_list()
    right = found["more"] == found["predicted more"]
    accuracy = right.mean()
    assert evaluate(words.path, data=own).scores.metrics["accuracy"] == pytest.approx(accuracy)
    held = right.tail(10).mean()
    assert evaluate(words.path).scores.metrics["accuracy"] == pytest.approx(held)


def test_intervals_are_around_numbers_alone(words):
    for ask in (predict, evaluate):
        with pytest.raises(
            ConfigError, match=r"--interval: this is for a run that predicts numbers, and .*; leave it out"
        ):
            ask(words.path, interval=80)


def test_sequences_without_a_label_are_told_one(words, tmp_path):
    (tmp_path / "new.csv").write_text("c,s\na,x\nz,x\nb,y\n")
    found = predict(words.path, data=tmp_path / "new.csv")
    assert found.frame["s"].to_list() == ["x", "y"]
    assert "column 'c': line 3: the run's training rows hold no cell 'z'" in found.notes[0]
    (tmp_path / "new.csv").write_text("c,s,more\na,x,never seen\nz,x,never seen\nb,y,\n")
    beside = predict(words.path, data=tmp_path / "new.csv").frame
    assert beside["more"].to_list() == ["never seen", None]
    assert beside.drop("more").rename({"predicted more": "more"}).equals(found.frame)
    with pytest.raises(ConfigError, match="--horizon: this is for a forecast"):
        predict(words.path, horizon=3)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    (folder / "own.txt").write_text("the cat sat on the mat. " * 30)
    data = {"kind": "text", "path": str(folder / "own.txt"), "length": 8, "split": {"validation": 0, "test": 0.2}}
    return trained(folder, data)


def test_a_text_is_gone_on_with_the_same_for_the_same_seed(text):
    found = predict(text.path, prompt="the c", horizon=12, seed=3)
    assert found.frame.columns == ["ahead", "token", "p(token)"]
    assert found.text == "the c" + "".join(found.frame["token"].to_list())
    assert found.frame.height == 12
    assert predict(text.path, prompt="the c", horizon=12, seed=3).text == found.text
    assert predict(text.path, prompt="the c", horizon=12, seed=4).text != found.text
    assert "<unknown>" not in found.text


def test_each_token_has_the_probability_that_the_model_gives_it_after_the_last_eight(text):
    found = predict(text.path, prompt="the cat sat", horizon=4, temperature=0)
    classes, model = list(text.run.dataset.classes), text.run.model
    so_far = [classes.index(char) for char in "the cat sat"]
    for token, probability in found.frame.select("token", "p(token)").iter_rows():
        inputs = np.array(so_far[-8:], dtype=np.float32)[None, :, None]
        given = model([inputs, np.ones((1, 8), bool)] if len(model.inputs) > 1 else inputs)
        chances = np.asarray(given)[0, -1]
        assert probability == pytest.approx(chances[classes.index(token)], rel=1e-4)
        assert classes.index(token) == 1 + np.argmax(chances[1:])
        so_far.append(classes.index(token))


def test_nets_draw_each_token_from_the_mean_of_their_probabilities(text):
    steps = rows_seen(text.run.config)
    nets = [weight_arrays(text.run.model), {p: -a for p, a in weight_arrays(text.run.model).items()}]
    run = load_run(text.path)
    both = replace(run, members=(replace(run, weights=nets[1]),))
    classes = list(text.run.dataset.classes)
    known, data = read_preparation(text.path), text.run.config.data
    extended = prompt_to_continue(data, "the cat sat", known, 3)
    found = continued(both, extended, 3, Engines())
    so_far = [classes.index(char) for char in "the cat sat"]
    for code, probability in zip(found.values[0, :, 0], found.probability[0, :, 0], strict=True):
        inputs = np.array(so_far[-steps:], dtype=np.float32)[None, :, None]
        chances = []
        for net in nets:
            assign_weights(text.run.model, net, "net")
            given = [inputs, np.ones(inputs.shape[:2], bool)] if len(text.run.model.inputs) > 1 else inputs
            chances.append(np.asarray(text.run.model(given))[0, -1])
        mean = np.mean(chances, axis=0)
        assert probability == pytest.approx(mean[int(code)], rel=1e-4)
        assert code == 1 + np.argmax(mean[1:])
        so_far.append(int(code))
    assign_weights(text.run.model, nets[0], "net")


@pytest.fixture(scope="module")
def clicks(tmp_path_factory):
    """Rows of one token each, in thirty series."""
    folder = tmp_path_factory.mktemp("clicks")
    random = np.random.default_rng(4)
    lines = [f"s{series},{token}" for series in range(30) for token in random.choice(list(LETTERS), 6)]
    (folder / "own.csv").write_text("series,click\n" + "\n".join(lines) + "\n")
    data = {"kind": "csv", "path": str(folder / "own.csv"), "series": "series", "features": ["click"]}
    data |= {"target": ["click"], "columns": {"click": "category"}, "task": "next_step"}
    return trained(folder, data | {"split": {"validation": 0, "test": 5}}, return_sequences=True)


def test_the_likeliest_token_of_a_table_comes_next_unless_a_temperature_is_given(clicks):
    found = predict(clicks.path).frame
    assert found.equals(predict(clicks.path, temperature=0, seed=9).frame)
    drawn = [predict(clicks.path, temperature=1, seed=seed).frame for seed in (1, 2)]
    assert not drawn[0].equals(drawn[1])
    assert all((found["p(click)"] >= some["p(click)"]).all() for some in drawn)


def test_strange_characters_of_a_prompt_are_said_and_an_empty_one_is_refused(text):
    found = predict(text.path, prompt="the ☃", horizon=1)
    assert "these characters of the text are not in the run's vocabulary" in found.notes[0]
    assert "'☃'" in found.notes[0]
    with pytest.raises(DataError, match="holds none of the characters"):
        predict(text.path, prompt="", horizon=1)


def test_another_text_is_gone_on_with_at_its_end(text, tmp_path):
    (tmp_path / "other.txt").write_text("on the ")
    by_file = predict(text.path, data=tmp_path / "other.txt", horizon=3, temperature=0)
    by_prompt = predict(text.path, prompt="on the ", horizon=3, temperature=0)
    assert by_prompt.text == "on the " + (by_file.text or "")
