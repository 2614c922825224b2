"""Quantiles: what a config may ask for, their order, and their way through a model, a forecast and its scores."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from made_data import made_config, made_dataset

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.model.build import build_model, float64_copy
from rnnctl.model.losses import build_loss, masked_losses
from rnnctl.model.recurrent.stock import to_stock
from rnnctl.prediction.autoregression import Continuation, mean_continuation
from rnnctl.report.evaluation import evaluation_page
from rnnctl.scoring.combination import own_quantiles
from rnnctl.scoring.quantiles import crps, level_word, middle
from rnnctl.scoring.scores import score
from rnnctl.scoring.units import own_units
from rnnctl.workflows.evaluate import evaluate
from rnnctl.workflows.predict import predict
from rnnctl.workflows.train import train_steps

LEVELS = (0.1, 0.5, 0.6)
WINDOW = "window: {length: 3, horizon: 3}"
TEXT = "data: {kind: csv, path: y.csv, target: [y], WINDOW}\nloss: {kind: quantile, quantiles: LEVELS}\n"


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ("[]", "2:35: loss.quantiles: an empty list cannot be used; allowed: a list of one or more numbers above 0"),
        ("0.5", "2:35: loss.quantiles: 0.5 cannot be used; allowed: a list of one or more numbers above 0 and below 1"),
        (
            "[0.9, 0.5]",
            "2:35: loss.quantiles: a list that has 0.5 after 0.9; each level once, ascending: write [0.5, 0.9]",
        ),
        ("[0.1, 0.1]", "2:35: loss.quantiles: a list that holds 0.1 twice; each level once, ascending: write [0.1]"),
        ("[0, 0.5]", "2:36: loss.quantiles.0: 0 cannot be used; allowed: a number above 0 and below 1"),
        ("[0.5, 1]", "2:41: loss.quantiles.1: 1 cannot be used; allowed: a number above 0 and below 1"),
        ("[.nan]", "2:36: loss.quantiles.0: nan is not a finite number; allowed: a number above 0 and below 1"),
        ("[low]", "2:36: loss.quantiles.0: 'low' cannot be used; allowed: a number above 0 and below 1"),
        ("[0.5]}\nmodel: {head: none", "3:9: model.head: several quantiles of a value need a head that gives each"),
    ],
)
def test_a_list_that_holds_no_levels_is_told_with_what_to_write(faults, levels, told):
    (fault,) = faults(TEXT.replace("WINDOW", WINDOW).replace("LEVELS", levels))
    assert told in fault


def made_model(seed, placement="sequence", outputs=4):
    """A model of three quantiles at random weights, and inputs."""
    config = made_config(
        "number", placement, outputs=outputs, loss={"kind": "quantile", "quantiles": LEVELS}, seed=seed
    )
    data = replace(made_dataset((6,) * 9, placement=placement, outputs=outputs), quantiles=LEVELS)
    model = build_model(config, data.signature)
    return config, data, model, data.train.gather(np.arange(9))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras, when it saves
@pytest.mark.parametrize("placement", ["sequence", "each"])
def test_quantiles_never_cross_whatever_the_weights_in_stock_layers_too(placement, tmp_path):
    random = np.random.default_rng(0)
    _, data, model, batch = made_model(0, placement)
    crossed = 0
    for scale in (1e-6, 1.0, 1e6):
        for weight in model.trainable_variables:
            weight.assign(random.normal(scale=scale, size=weight.shape))
        ends = np.asarray(model(batch.inputs)).reshape(-1, 3, 4)
        assert (np.diff(ends, axis=1) >= 0).all()
        head = keras.Model(model.inputs[0], model.get_layer("head").output)
        crossed += (np.diff(np.asarray(head(batch.inputs)).reshape(-1, 3, 4), axis=1) < 0).sum()
    assert crossed > 0
    to_stock(model).save(tmp_path / "stock.keras")
    again = keras.models.load_model(tmp_path / "stock.keras")
    np.testing.assert_array_equal(np.asarray(again(batch.inputs)), np.asarray(model(batch.inputs)))
    assert data.signature.outputs == 12


def test_missing_targets_cost_nothing_and_the_others_their_mean_over_levels():
    config, _, model, batch = made_model(2, "each")
    exact = float64_copy(config, model, replace(made_dataset((6,) * 9, outputs=4), quantiles=LEVELS).signature)
    targets = batch.targets.astype(np.float64)
    targets[2, 3, 1] = np.nan
    predictions = exact(batch.inputs.astype(np.float64))
    found = np.asarray(masked_losses(build_loss(config.loss), keras.ops.convert_to_tensor(targets), predictions))
    ends = np.asarray(predictions).reshape(9, 6, 3, 4)
    each = [
        [max(q * e, (q - 1) * e) for q, e in zip(LEVELS, y - q_of, strict=True)] for y, q_of in _values(targets, ends)
    ]
    each = np.nan_to_num(np.mean(each, axis=1)).reshape(targets.shape)
    np.testing.assert_allclose(found, each.mean(axis=-1), rtol=1e-12)


def _values(targets, ends):
    """Each target and its quantiles."""
    return zip(targets.reshape(-1), np.moveaxis(ends, 2, -1).reshape(-1, len(LEVELS)), strict=True)


def test_the_nearest_level_to_the_median_is_the_forecast():
    assert [middle(levels) for levels in ((), (0.5,), (0.1, 0.4, 0.9), (0.2, 0.5, 0.6), (0.4, 0.6))] == [0, 0, 1, 1, 0]
    words = {0.5: "50", 0.05: "05", 0.1: "10", 0.975: "975", 0.025: "025", 0.001: "001", 1e-7: "0000001"}
    assert {level: level_word(level) for level in words} == words


def test_the_mean_of_several_nets_is_that_of_each_level():
    random = np.random.default_rng(5)
    several = [
        Continuation(
            random.normal(size=(2, 4, 1)), np.full((2, 4, 1), np.nan), np.sort(random.normal(size=(2, 4, 3, 1)), 2)
        )
        for _ in range(3)
    ]
    found = mean_continuation(several)
    np.testing.assert_allclose(found.values, sum(one.values for one in several) / 3)
    np.testing.assert_allclose(found.quantiles, sum(one.quantiles for one in several) / 3)
    assert mean_continuation([replace(one, quantiles=None) for one in several]).quantiles is None


@pytest.mark.parametrize(
    "settings", [{}, {"difference": 1, "transform": "log"}, {"difference": 2, "scale_by": "series"}, {"difference": 3}]
)
def test_scores_are_those_of_loops_over_the_files_own_numbers(tmp_path, settings):
    random = np.random.default_rng(3)
    sales = np.exp(random.normal(size=(2, 40)).cumsum(axis=1) / 5)
    rows = [f"{shop},{day},{sales[shop, day]}" for shop in (0, 1) for day in range(40)]
    (tmp_path / "shops.csv").write_text("\n".join(["shop,day,sold", *rows]) + "\n")
    data = {"kind": "csv", "path": str(tmp_path / "shops.csv"), "series": "shop", "time": "day", "target": ["sold"]}
    data |= {"window": {"length": 4, "horizon": 3}, "split": {"validation": 0, "test": 9}}
    config = Config.model_validate({"data": data | settings, "loss": {"kind": "quantile", "quantiles": LEVELS}})
    dataset = load_dataset(config)
    outputs = np.sort(random.normal(scale=0.5, size=(len(dataset.test), 3, 3)), axis=1)
    found = score(outputs.reshape(-1, 9), dataset, dataset.test, dataset)
    own = own_quantiles(outputs.reshape(-1, 9), dataset, dataset.test.last_rows())
    assert (np.diff(own, axis=1) >= 0).all()
    for place in range(3):
        each = own_units(outputs[:, place], dataset, dataset.test.last_rows())
        np.testing.assert_array_equal(own[:, place], each)
    truth = np.array([sales[shop, first : first + 3] for shop in (0, 1) for first in range(31, 38)])
    losses = np.zeros(3)
    for forecast, true in zip(own, truth, strict=True):
        for place, level in enumerate(LEVELS):
            error = true - forecast[place]
            losses[place] += np.where(error > 0, level * error, (level - 1) * error).sum() / truth.size
    mine = [one for one in found.quantiles if one.who == "model"]
    np.testing.assert_allclose([one.pinball for one in mine], losses, rtol=1e-6)
    np.testing.assert_allclose([one.below for one in mine], (truth[:, None] <= own).mean(axis=(0, 2)))
    assert found.metrics["crps"] == pytest.approx(2 * losses.mean())
    assert found.metrics["mae"] == pytest.approx(np.abs(truth - own[:, 1]).mean())
    whole, *each = [one for one in found.between if one.who == "model"]
    inside, wide = (own[:, 0] <= truth) & (truth <= own[:, 2]), own[:, 2] - own[:, 0]
    assert (whole.level, whole.ahead, whole.values, whole.coverage) == (50, None, 42, inside.mean())
    assert (whole.width, whole.pinball) == pytest.approx((wide.mean(), (losses[0] + losses[2]) / 2))
    assert whole.crps == pytest.approx(found.metrics["crps"])
    assert [(one.ahead, one.coverage) for one in each] == [(k + 1, inside[:, k].mean()) for k in range(3)]
    assert [one.width for one in each] == pytest.approx(wide.mean(axis=0))
    assert found.baselines["naive"]["crps"] == pytest.approx(naive_crps(dataset, sales, truth, settings))


def naive_crps(dataset, sales, truth, settings):
    """That of the naive forecast with quantiles of its own errors in the training windows, by rows ahead."""
    size = dataset.target_scaler.scale.reshape(-1) if settings.get("scale_by") else np.ones(2)
    seen = [(shop, last) for shop in (0, 1) for last in range(3 + settings.get("difference", 0), 31 - 3)]
    off = np.array([(sales[shop, last + 1 : last + 4] - sales[shop, last]) / size[shop] for shop, last in seen])
    losses = []
    for (shop, last), true in zip([(shop, last) for shop in (0, 1) for last in range(30, 37)], truth, strict=True):
        for level in LEVELS:
            error = true - sales[shop, last] - size[shop] * np.quantile(off, level, axis=0)
            losses.append(np.where(error > 0, level * error, (level - 1) * error).mean())
    return 2 * np.mean(losses)


def test_the_crps_of_many_levels_is_near_the_closed_form_of_a_normal_distribution():
    from statistics import NormalDist

    levels = (np.arange(999) + 1) / 1000
    quantiles = np.array([NormalDist().inv_cdf(level) for level in levels])[:, None]
    for truth in (-1.3, 0.0, 2.0):  # Gneiting & Raftery 2007, equation 20
        normal = NormalDist()
        closed = truth * (2 * normal.cdf(truth) - 1) + 2 * normal.pdf(truth) - 1 / np.sqrt(np.pi)
        assert crps(np.array([truth]), quantiles, levels)[0] == pytest.approx(closed, abs=2e-3)


def test_quantiles_of_known_noise_are_learnt_scored_and_predicted(tmp_path):
    random = np.random.default_rng(4)
    walk = random.exponential(size=1500).cumsum()
    (tmp_path / "y.csv").write_text("row,y\n" + "".join(f"{row},{y:.6f}\n" for row, y in enumerate(walk)))
    data = {"kind": "csv", "path": str(tmp_path / "y.csv"), "time": "row", "target": ["y"]}
    data |= {"window": {"length": 2, "horizon": 2}, "split": {"validation": 0, "test": 0.3}, "difference": 1}
    levels = [0.1, 0.6, 0.9]
    config = Config.model_validate(
        {
            "data": data,
            "model": {"layers": [{"cell": "simple_rnn", "units": 2}]},
            "loss": {"kind": "quantile", "quantiles": levels},
            "optimizer": {"kind": "adam", "learning_rate": 0.01},
            "training": {"epochs": 20, "batch_size": 64},
        }
    )
    run = train_steps(config, out=tmp_path)
    list(run)
    scored = evaluate(run.folder)
    assert {one.who for one in scored.scores.quantiles} == {"model", "naive", "mean"}
    for one in scored.scores.quantiles:
        assert one.who == "mean" or one.below == pytest.approx(one.level, abs=0.07)  # chance is 0.03
    found = predict(run.folder, horizon=3)
    assert found.frame.columns == ["row", "y", "y_q10", "y_q60", "y_q90"]
    first = found.frame[:2]
    every = np.linspace(0, 9, 9001)
    for level in levels:  # those of an exponential distribution, and of the sum of two
        once, twice = (
            every[np.searchsorted(below, level)] for below in (1 - np.exp(-every), 1 - (1 + every) * np.exp(-every))
        )
        since = first[f"y_q{level_word(level)}"].to_numpy() - walk[-1]
        assert since.tolist() == pytest.approx([once, twice], abs=0.35)
    assert first["y"].to_list() == first["y_q60"].to_list()
    assert found.frame[2, "y"] is not None
    assert found.frame[2, "y_q10"] is None
    assert "the 0.6 quantile" in found.notes[0]
    assert "train with data.window.horizon: 3" in found.notes[1]
    (band,) = scored.results[0].bands
    assert (band.level, band.predicted, len(band.low)) == (
        80,
        True,
        sum(len(path) for _, path in scored.results[0].paths),
    )
    page = evaluation_page(scored)
    assert "Intervals between quantiles" in page
    assert "Shaded: intervals between predicted quantiles." in page
