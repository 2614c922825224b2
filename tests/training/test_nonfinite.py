from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from small import plain_schedule

from rnnctl.data import Sequences
from rnnctl.errors import NonFiniteError
from rnnctl.results.training import StepRecord
from rnnctl.training.nonfinite import explain

NAN, INF = float("nan"), float("inf")


def _record(*, step=3, loss=NAN, norms=None, states=None):
    return StepRecord(
        step=step,
        epoch=1,
        loss=loss,
        gradient_norm=NAN,
        clipped_norm=NAN,
        gradient_norms=norms or {"recurrent_0/kernel": NAN, "head/bias": 1.0},
        learning_rate=0.5,
        seconds=0.1,
        state_gradient_norms=states,
    )


def _explained(record, *, norm_before=12.345, values=None, targets=None):
    split = Sequences(
        np.zeros((8, 1), np.float32) if values is None else values,
        np.zeros((8, 1), np.float32) if targets is None else targets,
        np.arange(4) * 2,
        np.full(4, 2),
        "sequence",
        0,
        np.arange(4),
    )
    loop = SimpleNamespace(last=record, norm_before=norm_before, schedule=plain_schedule(4, 1, 9, 0, shuffle=False))
    return str(explain(loop, split))


def test_the_step_the_loss_and_the_weights_are_named_and_what_to_do():
    assert _explained(_record()) == (
        "step 3: the loss is nan and the gradient of recurrent_0/kernel is not finite; the batch's data is finite, and "
        "the gradient norm at the step before was 12.35; lower optimizer.learning_rate (0.5) or set "
        "optimizer.global_clipnorm"
    )


def test_all_weights_whose_gradient_is_not_finite_are_named():
    assert "gradient of a, c is not finite" in _explained(_record(loss=1.5, norms={"a": INF, "b": 1.0, "c": NAN}))


@pytest.mark.parametrize("wrong", [NAN, INF])
@pytest.mark.parametrize("part", ["values", "targets"])
def test_data_that_is_not_finite_is_blamed_where_it_is_in_the_batch_and_only_there(part, wrong):
    table = np.zeros((8, 1), np.float32)
    table[5 if part == "values" else 2] = wrong  # the third sequence: rows 4 and 5, target 2
    assert "the batch's data holds NaN or infinity; clean the data" in _explained(_record(step=3), **{part: table})
    assert "the batch's data is finite" in _explained(_record(step=4), **{part: table})
    assert "the batch's data holds" in _explained(_record(step=7), **{part: table}), "the second epoch's third batch"


def test_the_first_step_cannot_blame_the_learning_rate():
    told = _explained(_record(step=1), norm_before=None)
    assert "initial weights or the scale of the data" in told
    assert "learning_rate" not in told


def test_the_time_step_is_named_at_which_the_gradient_first_breaks_on_its_way_back():
    states = {"recurrent_0/h": (NAN, NAN, NAN), "recurrent_1/h": (NAN, INF, 5.0), "recurrent_1/c": (1.0, 1.0, 1.0)}
    assert "(∂L/∂h of recurrent_1 from time step 2 back)" in _explained(_record(states=states))


def test_a_layer_that_reads_backwards_breaks_towards_the_end():
    states = {"recurrent_0/backward/h": (1.0, NAN, NAN)}
    assert "(∂L/∂h of recurrent_0/backward from time step 2 on)" in _explained(_record(states=states))


def test_no_time_step_is_named_where_all_state_gradients_are_finite():
    assert "time step" not in _explained(_record(states={"recurrent_0/h": (1.0, 2.0)}))


def test_the_exit_code_is_four():
    assert NonFiniteError.exit_code == 4


def test_a_loop_without_a_step_has_nothing_to_explain():
    with pytest.raises(ValueError, match="no step"):
        _explained(None)
