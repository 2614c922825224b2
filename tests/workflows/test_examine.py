from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from reference.rnn_reference import differentiate
from small import small_config, with_split

from rnnctl.config.first_step import FIRST_STEP
from rnnctl.data import Batch, epoch_order
from rnnctl.errors import DataError
from rnnctl.gradients.variables import clipped_shares, first_non_finite
from rnnctl.model.weights import weight_arrays
from rnnctl.results import NoiseFindings
from rnnctl.training.build import build
from rnnctl.workflows.examine import examine
from rnnctl.workflows.sample import gather
from rnnctl.workflows.train import train_steps


def _long(layer, *, length=60, sequences=8, **more):
    """Long sequences, so that a decay shows."""
    data = {"kind": "dummy", "sequences": sequences, "length": length, "features": 2, "outputs": 1}
    model = {"layers": [layer], **more.pop("model", {})}
    return small_config(data=data, model=model, **more)


def _scaled(built, radius, seed=0):
    """Gives the first layer a recurrent kernel of a known spectral radius."""
    variable = built.model.layers[1].cell.recurrent_kernel
    kernel = np.random.default_rng(seed).normal(size=variable.shape)
    variable.assign(kernel * radius / np.abs(np.linalg.eigvals(kernel)).max())
    return built


@pytest.fixture(scope="module")
def first():
    return examine(build(FIRST_STEP))


def test_the_first_example_is_examined_whole(first):
    assert (first.name, first.state, first.model) == ("first-step", "at initialization", "SimpleRNN 64")
    assert (first.sequences, first.time_steps, first.dtype) == (32, 10, "float32")
    (layer,) = first.layers
    assert layer.reach_steps == layer.total_reach_steps == 10
    assert layer.loss_placement == (0,) * 9 + (1,)
    assert len(layer.singular_largest) == len(layer.singular_smallest) == 10
    assert layer.singular_at == tuple(range(1, 11))
    assert layer.spectral_radius == pytest.approx(1, rel=1e-4)  # orthogonal
    assert max(layer.singular_largest) <= layer.recurrent_norm * (1 + 1e-9)
    assert layer.memory_steps == pytest.approx(-1 / layer.lyapunov[0])
    assert first.self_check.largest_relative_error < 1e-9
    assert first.data.output_range == (-1, 1)
    assert first.history == {}


def test_gradients_are_those_of_the_first_step_of_training(first):
    (record,) = list(
        train_steps(FIRST_STEP.model_copy(update={"training": FIRST_STEP.training.model_copy(update={"steps": 1})}))
    )
    assert first.loss == pytest.approx(record.loss, rel=1e-5)
    assert first.gradient_norm == pytest.approx(record.gradient_norm, rel=1e-5)
    assert {variable.path: variable.norm for variable in first.variables} == pytest.approx(
        dict(record.gradient_norms), rel=1e-5
    )
    norms = first.layers[0].state_gradient_norms["h"]
    assert norms == pytest.approx(record.state_gradient_norms["recurrent_0/h"], rel=1e-5)


def test_for_a_loss_at_the_last_time_step_the_impulse_response_is_the_state_gradient(first):
    layer = first.layers[0]
    assert layer.impulse_norms == layer.state_gradient_norms["h"]
    assert layer.returned_norms[:-1] == pytest.approx(layer.state_gradient_norms["h"][:-1])
    assert layer.returned_norms[-1] == 0


@pytest.mark.parametrize("radius", [0.7, 0.9, 1.05])
def test_the_measured_decay_of_a_linear_cell_is_its_spectral_radius(radius):
    config = _long({"cell": "simple_rnn", "units": 12, "activation": "linear"}, length=400)
    found = examine(_scaled(build(config), radius), float64=True, self_check=False).layers[0]
    assert found.spectral_radius == pytest.approx(radius, rel=1e-5)
    assert found.predicted_decay == pytest.approx(radius, rel=0.01)
    assert found.lyapunov[0] == pytest.approx(np.log(radius), abs=0.01)
    assert found.decay_per_step == pytest.approx(radius, rel=0.01)


def test_the_decay_of_a_scaled_orthogonal_cell_is_exact_however_short():
    layer = {"cell": "simple_rnn", "units": 6, "activation": "linear"}
    layer |= {"recurrent_initializer": {"kind": "orthogonal", "gain": 0.5}}
    found = examine(build(_long(layer, length=8)), self_check=False).layers[0]
    assert found.decay_per_step == pytest.approx(0.5, rel=1e-5)
    assert found.predicted_decay == pytest.approx(0.5, rel=1e-5)
    assert found.lyapunov == pytest.approx([np.log(0.5)] * 6, abs=1e-5)
    assert (found.reach_steps, found.half_life) == (7, pytest.approx(1))


@pytest.mark.parametrize("cell", ["simple_rnn", "gru", "lstm"])
@pytest.mark.parametrize("float64", [False, True])
def test_every_number_of_a_backward_pass_agrees_with_one_written_by_hand(cell, float64):
    config = small_config(
        model={"layers": [{"cell": cell, "units": 3, "bidirectional": True}, {"cell": cell, "units": 2}]}
    )
    built = build(config)
    batch = gather(built.schedule, 0, None)
    found = examine(built, float64=float64, self_check=False)
    truth = differentiate(config.model, weight_arrays(built.model), batch.inputs, batch.targets)
    tolerance = 1e-10 if float64 else 1e-5
    assert found.dtype == ("float64" if float64 else "float32")
    assert found.loss == pytest.approx(truth.loss, rel=tolerance)
    assert found.gradient_norm == pytest.approx(truth.norm(), rel=tolerance)
    for variable in found.variables:
        gradient = truth.gradients[variable.path]
        assert variable.shape == gradient.shape
        assert variable.norm == variable.clipped_norm == pytest.approx(np.linalg.norm(gradient), rel=tolerance)
        assert variable.std == pytest.approx(gradient.std(), rel=tolerance)
        assert variable.mean == pytest.approx(gradient.mean(), rel=1e-4, abs=1e-7)
        assert variable.largest == pytest.approx(np.abs(gradient).max(), rel=tolerance)
        assert variable.clipped_share == variable.zeros == 0
        assert variable.first_non_finite is variable.values is None
    norms = truth.state_norms()
    for layer in found.layers:
        for state, series in layer.state_gradient_norms.items():
            assert series == pytest.approx(norms[f"{layer.path}/{state}"].tolist(), rel=tolerance)
    assert [layer.backwards for layer in found.layers] == [False, True, False]


def test_the_signal_to_noise_of_each_weight_is_that_of_the_sequences_own_gradients():
    config = small_config("lstm")
    built = build(config)
    found = examine(built, sequences=6, self_check=False)
    batch = gather(built.schedule, 0, 6)
    arrays = weight_arrays(built.model)
    own = [
        differentiate(config.model, arrays, batch.inputs[b : b + 1], batch.targets[b : b + 1]).gradients
        for b in range(6)
    ]
    signal = noise = 0.0
    for variable in found.variables:
        each = np.stack([gradients[variable.path].ravel() for gradients in own])
        trace, squared = np.trace(np.cov(each.T)), (each.mean(axis=0) ** 2).sum()
        assert variable.signal_to_noise == pytest.approx(np.sqrt(squared / trace), rel=1e-4)
        signal, noise = signal + squared, noise + trace
    assert found.noise.sequences == 6
    true = signal - noise / 6
    assert found.noise.noise_scale == (pytest.approx(noise / true, rel=1e-3) if true > 0 else np.inf)


def test_many_to_many_losses_show_decay_where_the_total_gradient_shows_none():
    layer = {"cell": "simple_rnn", "units": 6, "activation": "linear"}
    layer |= {"recurrent_initializer": {"kind": "orthogonal", "gain": 0.5}}
    found = examine(build(_long(layer, length=30, model={"return_sequences": True})), self_check=False).layers[0]
    assert found.decay_per_step == pytest.approx(0.5, rel=1e-5)
    assert found.reach_steps == found.total_reach_steps == 7
    assert min(found.state_gradient_norms["h"]) > 0.1 * max(found.state_gradient_norms["h"])
    assert sum(found.loss_placement) == pytest.approx(1)
    assert min(found.loss_placement) > 0


def test_a_layer_that_reads_backwards_decays_towards_the_end_of_the_sequence():
    layer = {"cell": "simple_rnn", "units": 4, "activation": "linear", "bidirectional": True}
    layer |= {"recurrent_initializer": {"kind": "orthogonal", "gain": 0.5}}
    ahead, behind = examine(build(_long(layer, length=12)), self_check=False).layers
    assert ahead.decay_per_step == pytest.approx(0.5, rel=1e-5)
    assert behind.decay_per_step == pytest.approx(0.5, rel=1e-5)
    assert np.argmax(ahead.state_gradient_norms["h"]) == 11
    assert np.argmax(behind.state_gradient_norms["h"]) == 0
    assert behind.loss_placement[0] == 1
    assert behind.singular_at == tuple(range(1, 13))


def test_masked_tails_change_no_decay():
    layer = {"cell": "simple_rnn", "units": 4, "activation": "linear"}
    layer |= {"recurrent_initializer": {"kind": "orthogonal", "gain": 0.8}}
    config = _long(layer, length=20)
    rng = np.random.default_rng(0)
    mask = np.arange(20) < np.array([20, 9, 14])[:, None]
    batch = Batch(rng.normal(size=(3, 20, 2)).astype(np.float32), rng.normal(size=(3, 1)).astype(np.float32), mask)
    found = examine(build(config), batch=batch)
    assert found.sequences == 3
    assert found.layers[0].decay_per_step == pytest.approx(0.8, rel=1e-5)
    assert found.layers[0].predicted_decay == pytest.approx(0.8, rel=1e-5)
    assert found.layers[0].reach_steps == 20
    assert found.self_check.largest_relative_error < 1e-9


def test_a_single_time_step_has_no_decay():
    config = small_config(data={"kind": "dummy", "sequences": 5, "length": 1, "features": 2, "outputs": 2})
    (layer,) = examine(build(config)).layers
    assert layer.decay_per_step is layer.decay_fit is layer.half_life is layer.predicted_decay is None
    assert (layer.reach_steps, layer.time_steps) == (1, 1)


def test_steps_are_taken_first_and_their_history_is_kept():
    config = small_config("lstm", optimizer={"kind": "adam", "learning_rate": 0.01, "global_clipnorm": 1e-3})
    records = list(
        train_steps(config.model_copy(update={"training": config.training.model_copy(update={"epochs": 2})}))
    )
    found = examine(build(config), steps=4)
    assert found.state == "after 4 steps"
    assert list(found.history) == ["recurrent_0/h", "recurrent_0/c"]
    assert np.shape(found.history["recurrent_0/c"]) == (4, 4)
    assert found.history["recurrent_0/h"][0] == pytest.approx(
        records[0].state_gradient_norms["recurrent_0/h"], rel=1e-5
    )
    # The gradients are those of the fifth step.
    assert found.loss == pytest.approx(records[4].loss, rel=1e-5)
    assert found.gradient_norm == pytest.approx(records[4].gradient_norm, rel=1e-4)
    assert found.clipped_norm == pytest.approx(1e-3, rel=1e-5)
    for variable in found.variables:
        assert variable.clipped_share == 1
        assert variable.clipped_norm == pytest.approx(variable.norm * 1e-3 / found.gradient_norm, rel=1e-4)


def test_the_update_ratio_is_that_of_the_step_that_training_takes_next():
    config = small_config(optimizer={"kind": "adam", "learning_rate": 0.01}, training={"steps": 3, "batch_size": 4})
    found = examine(build(config), steps=2, self_check=False)
    built = build(config)
    shorter = train_steps(config.model_copy(update={"training": config.training.model_copy(update={"steps": 2})}))
    longer = train_steps(config)
    list(shorter), list(longer)
    before, after = weight_arrays(shorter.model), weight_arrays(longer.model)
    assert built.schedule.sequences.length == 4
    for variable in found.variables:
        old = before[variable.path]
        moved = np.linalg.norm(after[variable.path] - old)
        assert variable.update_ratio == pytest.approx(moved / np.linalg.norm(old), rel=1e-3)


def test_a_model_is_examined_without_being_changed():
    config = small_config("gru")
    built = build(config)
    before = weight_arrays(built.model)
    examine(built)
    for path, weight in weight_arrays(built.model).items():
        np.testing.assert_array_equal(weight, before[path])


def test_a_step_that_is_not_finite_is_examined_from_where_it_began():
    layer = {"cell": "simple_rnn", "units": 3, "activation": "linear"}
    found = examine(build(_long(layer, length=6, optimizer={"kind": "sgd", "learning_rate": 1e9})), steps=5)
    assert found.state == "after 1 step, before step 2, which is not finite"
    assert {variable.first_non_finite for variable in found.variables} == {2}
    assert len(found.history["recurrent_0/h"]) == 2


def test_infinite_weights_are_examined_without_a_fault():
    config = small_config()
    built = build(config)
    for variable in built.model.trainable_variables:
        variable.assign(np.full(variable.shape, np.nan, np.float32))
    found = examine(built)
    assert np.isnan(found.loss)
    assert found.self_check is None
    assert found.layers[0].reach_steps == 0
    assert all(variable.first_non_finite == 1 for variable in found.variables)


def test_asking_for_more_sequences_than_there_are_says_how_many_there_are():
    config = small_config(data=with_split())
    with pytest.raises(
        DataError, match=r"small: 11 sequences were asked for and the training split has 10; .* at most 10"
    ):
        examine(build(config), sequences=11)
    assert examine(build(config), sequences=10, self_check=False).sequences == 10


def test_one_sequence_tells_nothing_of_noise():
    found = examine(build(small_config()), sequences=1, self_check=False)
    assert found.noise is None
    assert found.variables[0].signal_to_noise is None


def test_sequences_are_those_that_training_sees_next():
    config = small_config()
    built = build(config)
    order = epoch_order(10, config.seed, 2)  # three batches an epoch: after four steps the second one's second
    truth = built.dataset.train.gather(order[4:8])
    np.testing.assert_array_equal(gather(built.schedule, 4, None).inputs, truth.inputs)
    assert len(gather(built.schedule, 4, 10).inputs) == 10
    assert len(gather(built.schedule, 4, None, 3).inputs) == 3


def test_values_are_printed_where_asked_for():
    found = examine(build(small_config()), values=True, self_check=False)
    bias = next(variable for variable in found.variables if variable.path == "head/bias")
    assert np.array(bias.values.strip("[]").split(), float) == pytest.approx([bias.mean] * 2, abs=2 * bias.std + 1e-6)


@dataclasses.dataclass
class Clipping:
    clipnorm: float | None = None
    clipvalue: float | None = None


def test_the_share_of_clipped_steps_is_counted_by_weight_where_each_has_its_own_limit():
    records = list(train_steps(small_config(training={"steps": 4, "batch_size": 4})))
    norms = [record.gradient_norms["head/bias"] for record in records]
    limit = float(np.median(norms))
    shares = clipped_shares(Clipping(limit), records, {})
    assert shares["head/bias"] == np.mean([norm > limit for norm in norms])
    broken = dataclasses.replace(records[2], gradient_norms={**records[2].gradient_norms, "head/bias": float("nan")})
    assert first_non_finite([*records[:2], broken, records[3]]) == {"head/bias": 3}
    assert clipped_shares(Clipping(), [], {}) == {}


def test_the_share_of_steps_that_clipvalue_changed_is_each_weights_own():
    """Against the largest elements of the gradients that each step sets out from, one examination a step."""
    free = small_config(training={"steps": 4, "batch_size": 4})
    limit = sorted(variable.largest for variable in examine(build(free), self_check=False).variables)[2] * 1.0001
    config = small_config(
        training={"steps": 4, "batch_size": 4}, optimizer={"kind": "sgd", "learning_rate": 0.01, "clipvalue": limit}
    )
    met: dict[str, list[bool]] = {}
    for done in range(2):
        for variable in examine(build(config), steps=done, self_check=False).variables:
            met.setdefault(variable.path, []).append(variable.largest > limit)
    shares = {v.path: v.clipped_share for v in examine(build(config), steps=2, self_check=False).variables}
    assert shares == {path: np.mean(hits) for path, hits in met.items()}
    assert 0 < sum(shares.values()) < len(shares)


def test_noise_is_measured_over_some_batches_unless_sequences_are_asked_for():
    """|G|² from the mean over all 10 sequences, tr Σ from each one's own gradient."""
    config = small_config("gru", training={"steps": 4, "batch_size": 2})
    built = build(config)
    found = examine(built, self_check=False)
    batch = gather(built.schedule, 0, 10)
    own = [
        differentiate(
            config.model, weight_arrays(built.model), batch.inputs[b : b + 1], batch.targets[b : b + 1]
        ).gradients
        for b in range(10)
    ]
    each = np.stack([np.concatenate([gradients[v.path].ravel() for v in found.variables]) for gradients in own])
    noise, signal = np.trace(np.cov(each.T)), (each.mean(axis=0) ** 2).sum()
    true = signal - noise / 10
    assert found.noise == NoiseFindings(10, pytest.approx(noise / true if true > 0 else np.inf, rel=1e-3), 2)
    assert found.sequences == 2
    assert examine(build(config), sequences=3, self_check=False).noise.sequences == 3
