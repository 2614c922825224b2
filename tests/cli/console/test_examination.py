from __future__ import annotations

import math
import re

import pytest
from examined import HEALTHY, TRIALS, examination, layer, lstm_layer, series, variable

from rnnctl.cli.console.examination import examination_text, verdict_lines
from rnnctl.cli.console.examination_pictures import gradient_plot, heat_strip, shades, singular_plot
from rnnctl.cli.console.style import Style
from rnnctl.cli.inspect_gradients import explanation_text
from rnnctl.report.quantities import QUANTITIES
from rnnctl.results import Advice, Verdict

WIDE = Style(100, terminal=False, colour=False)
FULL = examination(
    layers=(layer(), lstm_layer()), trials=TRIALS, recommendation="start from an orthogonal recurrent kernel"
)
ESCAPES = re.compile("\x1b\\[[0-9;]*m")


def test_the_verdict_stands_first_with_cause_advice_trials_and_self_check() -> None:
    assert examination_text(FULL, WIDE).startswith(
        """\
vanishing-example   SimpleRNN 32 · after 3 steps · loss 0.2113 · |grad| 0.3833 · clipped to 0.1917
                    64 sequences × 40 time steps · 1.2 s

vanishing    recurrent_0: the gradient reaches 10 of 40 time steps back
  because    the recurrent kernel shrinks it by 0.61 a time step: spectral radius 0.62 predicts
             0.615, measured 0.61 (fit R² 0.998)
  not        saturation (mean φ′ 0.97) · clipping (25 % of steps) · data (finite, scaled)
  advice     an orthogonal kernel keeps the gradient's norm
             --set 'model.layers.0.recurrent_initializer={"kind": "orthogonal", "gain": 1.0}'
  advice     its update gate carries the state past the nonlinearity
             --set model.layers.0.cell=gru
  tried                                      reach  decay    loss       after   a step
  as it is                                10 of 40  0.610  0.2500     0.2110   0.41 ms
  recurrent_initializer: orthogonal  40 → 38 of 40  0.998  0.2600     0.08300  0.41 ms  ← do this
  cell: gru                               31 of 40      –  0.2500  not finite  0.92 ms
  so         start from an orthogonal recurrent kernel
  data       target sum: 2 not finite, constant
             50 % of the targets lie outside the output's range, -1 to 1
  noise      noise scale 210 beside a batch of 32, from 64 sequences (the batch size at which noise
             and signal are equal)
  checked    412 gradients against central differences in float64: largest relative error 3.1e-09
             (recurrent_0/kernel)

"""
    )


def test_layers_and_weights_follow_in_numbers() -> None:
    assert examination_text(FULL, WIDE).endswith(
        """\
recurrent_1  LSTM 32 · tanh · 40 time steps
  gradient   decay 0.930 a time step (fit R² 0.998) · half-life 1.40 · reach 40 of 40
  forward    λ₁ -0.494 · memory 2.02 time steps · predicted decay 0.615 · recurrent kernel's
             spectral radius 0.620, norm 0.630
  states     mean φ′ 0.970 · |h| > 0.99 in 0 % · effective rank 11.7 of 32
  gates      input 0.51 (shut 0 %, open 0 %) · forget 0.73 (shut 0 %, open 12 %) · output 0.48 (shut
             1 %, open 0 %)
  ∂L/∂h      ▄▅▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇██████████  0.0295 → 0.500
  ∂L/∂c      ▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇█████████████████  0.102 → 0.500

weight                        shape    norm    not finite  clipped  at steps  ‖Δw‖/‖w‖    S/N
recurrent_0/kernel            2×32   0.3412                 0.1706      25 %   0.00110  0.800
recurrent_0/recurrent_kernel  32×32  0.1000                 0.1706      25 %         –  0.800
head/bias                     1         nan  since step 3   0.1706      25 %   0.00110  0.800

head/bias
[0.4]"""
    )


def test_columns_that_say_nothing_make_room_for_those_that_do() -> None:
    weight = variable(clipped_share=0.0, update_ratio=None, signal_to_noise=None, zeros=1e-9)
    table = examination_text(examination(variables=(weight,)), WIDE).split("\n\n")[-1]
    assert table == (
        "weight              shape    norm      mean      std  largest         zeros\n"
        "recurrent_0/kernel  2×32   0.3412  1.00e-05  0.00500   0.0200  under 0.01 %"
    )


@pytest.mark.parametrize("width", [30, 44, 50, 60, 80, 120, 300])
@pytest.mark.parametrize("colour", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, colour: bool) -> None:
    text = examination_text(FULL, Style(width, terminal=True, colour=colour))
    for line in ESCAPES.sub("", text).split("\n"):
        assert len(line) <= width, line


def test_escape_codes_are_written_for_a_terminal_alone() -> None:
    assert "\x1b" not in examination_text(FULL, WIDE)
    assert "\x1b[33mvanishing\x1b[0m" in examination_text(FULL, Style(100, terminal=True, colour=True))


@pytest.mark.parametrize(("word", "code"), [("healthy", 32), ("exploding", 31), ("bad data", 31), ("dead", 33)])
def test_the_colour_of_a_verdict_says_how_grave_it_is(word: str, code: int) -> None:
    lines = verdict_lines(Verdict(word, "network", "so"), Style(80, terminal=True, colour=True), several=False)
    assert lines[0].startswith(f"\x1b[{code}m{word}\x1b[0m  ")


def test_no_text_of_a_config_or_of_data_steers_the_terminal() -> None:
    evil = "\x1b[2J\x07"
    verdict = Verdict("vanishing", evil, evil, (evil,), (evil,), (Advice({"name": evil}, evil),))
    found = examination(name=evil, verdicts=(verdict,), recommendation=evil, trials=TRIALS, variables=(variable(),))
    assert "\x1b" not in examination_text(found, WIDE)
    assert "\x07" not in examination_text(found, WIDE)


def test_a_single_time_step_is_said_to_have_no_decay() -> None:
    one = layer(
        time_steps=1,
        state_gradient_norms={"h": (0.5,)},
        decay_per_step=None,
        decay_fit=None,
        half_life=None,
        singular_largest=(),
        singular_smallest=(),
        singular_at=(),
        impulse_norms=(0.5,),
        reach_steps=1,
        total_reach_steps=1,
        lyapunov=(),
        memory_steps=None,
        predicted_decay=None,
    )
    text = examination_text(examination(layers=(one,), verdicts=(HEALTHY,), history={}), WIDE)
    assert "  gradient   no decay: a single time step has nothing to go back through · reach 1 of 1\n" in text
    assert "log scale" not in text


def test_the_gradient_is_drawn_by_time_steps_back() -> None:
    lines = str(gradient_plot(layer(), WIDE)).split("\n")
    assert lines[0] == "  ‖∂L/∂h‖ of recurrent_0 by time steps back (log scale)"
    assert lines[-1].split() == ["39", "29", "20", "10", "0"]
    assert lines[2].strip().startswith("0.500┤")
    assert f"{0.5 * 0.61**39:.2e}" in lines[-3]


def test_a_layer_that_reads_from_the_end_is_drawn_in_its_own_order() -> None:
    norms = series(0.61)
    turned = layer(backwards=True, state_gradient_norms={"h": norms[::-1]})
    assert gradient_plot(turned, WIDE) == gradient_plot(layer(), WIDE)


def test_singular_values_that_hardly_differ_are_drawn_flat() -> None:
    even = layer(singular_largest=(1.0,) * 40, singular_smallest=(1.0 - 1e-9,) * 40)
    text = str(singular_plot(even, WIDE))
    assert "1.05" in text
    assert "0.953" in text


@pytest.mark.parametrize("norm", [5e-324, 1e-200, 1.7e308])
def test_norms_at_the_ends_of_float64_are_drawn_flat(norm: float) -> None:
    text = str(gradient_plot(layer(state_gradient_norms={"h": (norm,) * 40}), WIDE))
    assert f"{norm:.2e}┤" in text


def test_curves_leave_out_what_a_log_scale_cannot_hold() -> None:
    norms = (0.0, math.nan, math.inf, *series(0.5, 10))
    assert gradient_plot(layer(state_gradient_norms={"h": norms}), WIDE) is not None
    assert gradient_plot(layer(state_gradient_norms={"h": (0.0,) * 40}), WIDE) is None


def test_a_shade_is_a_factor_of_ten_below_the_largest() -> None:
    assert shades((1.0, 0.11, 0.09, 0.011, 0.009, 0.0009, 0.00009, 0.0), 1.0, 8) == "██▓▓▒░  "
    assert shades((0.5, math.nan, 1.0, 0.005), 1.0, 2) == "!█"
    assert shades((1.0, 0.05), 1.0, 100) == "███▓▓▓"
    assert shades((0.0, 0.0), 0.0, 2) == "  "


def test_training_steps_are_sampled_from_first_to_last() -> None:
    history = {"recurrent_0/h": tuple(series(0.9) for _ in range(1000))}
    lines = str(heat_strip(history, layer(), WIDE)).split("\n")
    assert [line.split()[0] for line in lines[1:-1]][:: len(lines) - 3] == ["1", "1,000"]
    assert len(lines) == 14
    assert heat_strip({"recurrent_0/h": (series(0.9),)}, layer(), WIDE) is None


def test_the_explanation_names_every_quantity_and_every_threshold() -> None:
    from rnnctl.schema.training import Thresholds

    text = explanation_text(WIDE)
    assert all(f"\n  {each.name}\n" in text for group in QUANTITIES.values() for each in group)
    assert all(f"[gradients.thresholds.{name}]" in re.sub(r"\s+", " ", text) for name in Thresholds.model_fields)
    assert max(map(len, text.split("\n"))) <= 100
