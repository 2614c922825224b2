from __future__ import annotations

import numpy as np
import pytest
from made_data import made_config, made_dataset
from small import small_config, with_split

from rnnctl.config.dataset import load_dataset
from rnnctl.data import Signature
from rnnctl.engines.keras_network import KerasNetwork
from rnnctl.model.build import build_model
from rnnctl.model.written_out import UNROLL_FROM
from rnnctl.results.training import RunHeader
from rnnctl.scoring import scores
from rnnctl.training import feeds, schedule, setup
from rnnctl.training.build import Built

SINE = {"kind": "sine", "sequences": 20, "length": 6, "period": 8.0, "split": {"validation": 4, "test": 5}}


def _made(**sections):
    config = small_config(**sections)
    dataset = load_dataset(config)
    model = build_model(config, dataset.signature)
    return Built.of(config, dataset, model)


@pytest.mark.parametrize(("batch_size", "notes"), [(11, 1), (10, 0), (None, 0)])
def test_a_batch_size_larger_than_the_data_is_told_where_somebody_wrote_it(batch_size, notes):
    config = small_config(training={"steps": 1} | ({} if batch_size is None else {"batch_size": batch_size}))
    dataset = load_dataset(config)
    assert len(dataset.train) == 10
    built = Built.of(config, dataset, build_model(config, Signature.of_numbers(2, 2, 4)))
    told = setup.make_header(built, setup.make_loop(built)).notes
    assert len(told) == notes
    if notes:
        assert told[0].startswith("training.batch_size is 11 and there are 10 training sequences: every step sees")


def test_a_header_says_what_is_known_before_the_first_step():
    optimizer = {"kind": "adam", "learning_rate": 0.01, "clipnorm": 1.0}
    layers = [{"cell": "lstm", "units": 3}]
    built = _made(data=with_split(), optimizer=optimizer, model={"layers": layers}, loss="mae")
    loop = setup.make_loop(built)
    assert setup.make_header(built, loop) == RunHeader(
        name="small",
        cells="LSTM 3",
        weights=4 * 3 * (2 + 3 + 1) + 3 * 2 + 2,
        loss="mae",
        optimizer="adam 0.01",
        sequences=10,
        time_steps=4,
        features=2,
        outputs=2,
        weight_paths=(
            "recurrent_0/kernel",
            "recurrent_0/recurrent_kernel",
            "recurrent_0/bias",
            "head/kernel",
            "head/bias",
        ),
        state_paths=("recurrent_0/h", "recurrent_0/c"),
        total_steps=9,
        clips=True,
    )


def test_a_loop_has_what_the_config_asks_for():
    gradients = {"through_time": False, "every": 5}
    training = {"steps": 7, "batch_size": 3, "early_stopping": {"patience": 2}}
    built = _made(data=with_split(), gradients=gradients, training=training)
    loop = setup.make_loop(built)
    assert (loop.schedule.total_steps, loop.schedule.batch_size) == (7, 3)
    assert (loop.every, loop.program.layout.states) == (5, ())
    assert loop.validate is not None
    assert not setup.make_header(built, loop).clips


@pytest.mark.parametrize(("largest", "way"), [(10**6, "device"), (0, "host")])
def test_it_is_said_which_way_batches_come_and_a_table_too_large_for_the_device_still_trains(monkeypatch, largest, way):
    monkeypatch.setattr(feeds, "LARGEST_TABLE", largest)
    built = _made(training={"steps": 3})
    loop = setup.make_loop(built)
    assert [record.step for record in loop] == [1, 2, 3]
    assert setup.describe_loop(built.config, loop)["batches_from"] == way


@pytest.fixture(scope="module")
def written_out_and_looped():
    """Loops of the same training, as long enough to be written out and one step too short for it, and their losses."""
    made = []
    for fewest in (3, 4):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(schedule, "UNROLL_STEPS", fewest)
            built = _made(model={"layers": [{"cell": "gru", "units": UNROLL_FROM}]}, training={"steps": 3})
            loop = setup.make_loop(built)
            made.append((loop, [record.loss for record in loop], setup.describe_loop(built.config, loop)["loops_only"]))
    return made


def test_short_trainings_loop_over_time_to_the_same_losses(written_out_and_looped):
    (_, long, written), (_, short, looped) = written_out_and_looped
    assert (written, looped) == (False, True)
    assert short == pytest.approx(long, rel=1e-5)


def test_a_program_takes_no_training_that_is_to_be_traced_otherwise(written_out_and_looped):
    (long, *_), (short, *_) = written_out_and_looped
    assert short.program.takes(short.schedule)  # of three steps, as both
    assert not long.program.takes(short.schedule)


def test_without_a_validation_split_nothing_is_validated():
    assert setup.make_loop(_made()).validate is None


def test_the_test_split_is_scored_in_the_datas_own_units_beside_the_naive_forecast():
    built = _made(data=SINE)
    config, dataset, model = built.config, built.dataset, built.model
    said = KerasNetwork(config, model).said(dataset, dataset.test)
    metrics = scores.score(said, dataset, dataset.test, dataset).flat()
    everything = dataset.test.gather(range(5))
    predictions = np.asarray(model(everything.inputs, training=False), np.float64)
    assert metrics == pytest.approx(scores.score(predictions, dataset, dataset.test, dataset).flat(), rel=1e-5)
    assert metrics["test_mae"] == pytest.approx(np.abs(predictions - everything.targets).mean(), rel=1e-5)
    naive = everything.inputs[:, -1].astype(np.float64)
    assert metrics["naive_mae"] == pytest.approx(np.abs(naive - everything.targets).mean(), rel=1e-5)


def test_much_padding_is_told_and_where_training_truncates():
    lengths = (2, 60, 3, 50, 2, 40, 5, 4)
    dataset = made_dataset(lengths)
    config = made_config(training={"epochs": 1, "batch_size": 4})
    built = Built.of(config, dataset, build_model(config, dataset.signature))
    loop = setup.make_loop(built)
    share = loop.schedule.epochs.padding
    assert share == pytest.approx(1 - 166 / (4 * 4 + 4 * 60))
    header = setup.make_header(built, loop)
    assert header.notes == (
        f"{100 * share:.0f} % of the time steps gone through are padding: the sequences of a batch differ much in "
        "length; a smaller training.batch_size, or more sequences, would pad less",
    )
    assert (header.truncated, header.recorded_time_steps) == (None, 60)
    assert setup.describe_loop(built.config, loop)["padded_time_steps"] == round(share, 4)

    config = made_config(training={"epochs": 1, "batch_size": 4, "truncate": 10})
    built = Built.of(config, dataset, built.model)
    loop = setup.make_loop(built)
    header = setup.make_header(built, loop)
    assert (header.time_steps, header.truncated, header.recorded_time_steps) == (60, 10, 10)
    assert loop.program.layout.time_steps == 10
