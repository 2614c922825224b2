"""The lines of training: golden texts, and widths that are never exceeded."""

from __future__ import annotations

import math

import pytest
from cli.fakes import header, step
from hypothesis import given, strategies as st

from rnnctl.cli.console.columns import choose_columns, line_maker, title_line, weight_title

KINDS = ("kernel", "recurrent_kernel", "bias")
STACKED = (
    *(f"recurrent_{layer}/{way}/{kind}" for layer in (0, 1) for way in ("forward", "backward") for kind in KINDS),
    "head/kernel",
    "head/bias",
)
STATES = ("recurrent_0/h", "recurrent_0/c", "recurrent_1/h", "recurrent_1/c")


def drawn(width: int, *records: object) -> list[str]:
    columns = choose_columns(header(), step(), width)
    line = line_maker(columns)
    return [title_line(columns), *(line(record) for record in records)]  # type: ignore[arg-type]


def test_a_line_shows_loss_norms_and_the_way_back_through_time() -> None:
    assert drawn(100, step(1), step(2, loss=1.4146), step(3, clipped=0.1)) == [
        " step       loss    |grad|   clipped    kernel recurrent      bias   ∂L/∂h through time",
        "    1     1.4158    0.3411         –    0.2523    0.2265   0.03670   ▁▁▂▃▄▅▆▇██",
        "    2     1.4146    0.3411         –    0.2523    0.2265   0.03670   ▁▁▂▃▄▅▆▇██",
        "    3     1.4158    0.3411    0.1000    0.2523    0.2265   0.03670   ▁▁▂▃▄▅▆▇██",
    ]


def test_a_norm_that_clipping_only_rounded_was_not_clipped() -> None:
    assert drawn(100, step(clipped=0.34109999))[1] == drawn(100, step())[1]
    assert "nan       nan" in drawn(100, step(norm=math.nan))[1]


def test_the_first_example_fits_eighty_columns() -> None:
    titles, line = drawn(80, step())
    assert titles.endswith("∂L/∂h")
    assert line.endswith("▁▁▂▃▄▅▆▇██")
    assert len(line) <= 80


@pytest.mark.parametrize(
    ("value", "loss", "norm"),
    [
        (1e-12, "1.0000e-12", "1.000e-12"),
        (1e12, "1.0000e+12", "1.000e+12"),
        (1234.56, "    1234.6", "    1235 "),
        (98765.4, "    98765 ", "9.877e+04"),
        (0.0, "    0.0000", "    0.000"),
        (math.nan, "       nan", "      nan"),
        (math.inf, "       inf", "      inf"),
    ],
)
def test_numbers_of_any_size_stay_in_their_columns(value: float, loss: str, norm: str) -> None:
    line = drawn(
        100, step(loss=value, norm=value, clipped=value, norms=(value, value, value), states={"recurrent_0/h": ()})
    )[1]
    assert line[6:16] == loss
    assert line[17:26] == norm


def test_columns_go_from_the_right_as_the_terminal_narrows() -> None:
    last = {width: drawn(width, step())[0].split()[-1] for width in (80, 58, 40, 28, 20)}
    assert last == {80: "∂L/∂h", 58: "more", 40: "clipped", 28: "|grad|", 20: "loss"}


def test_small_weights_fold_and_none_of_the_gradient_is_lost() -> None:
    norms = [3.0, 0.1, 0.4, 0.3] + [0.0] * 9 + [4.0]
    first = step(norms=norms, paths=STACKED, norm=5.0)
    columns = choose_columns(header(paths=STACKED, states=()), first, 70)
    assert columns.weights == ("recurrent_0/forward/kernel", "head/bias")
    assert title_line(columns).split()[-2:] == ["+12", "more"]
    assert float(line_maker(columns)(first).split()[-1]) == pytest.approx(math.sqrt(0.1**2 + 0.4**2 + 0.3**2), rel=1e-3)


def test_a_weight_that_is_nan_is_among_those_shown() -> None:
    norms = [1.0] * 13 + [math.nan]
    columns = choose_columns(header(paths=STACKED, states=()), step(norms=norms, paths=STACKED), 60)
    assert "head/bias" in columns.weights


@pytest.mark.parametrize(
    ("path", "layers", "title"),
    [
        ("recurrent_0/kernel", 1, "kernel"),
        ("recurrent_1/recurrent_kernel", 2, "recurrent₁"),
        ("recurrent_0/backward/bias", 2, "bias₀←"),
        ("recurrent_0/forward/bias", 1, "bias→"),
        ("head/kernel", 1, "head"),
        ("head/bias", 1, "head/bias"),
        ("something/else", 1, "something/else"),
    ],
)
def test_weights_have_short_titles(path: str, layers: int, title: str) -> None:
    assert weight_title(path, layers) == title


def test_strips_of_several_layers_stand_side_by_side_where_there_is_room() -> None:
    states = dict.fromkeys(STATES, tuple(map(float, range(1, 101))))
    first = step(states=states)
    told = header(states=STATES, time_steps=100)
    wide, narrow = choose_columns(told, first, 130), choose_columns(told, first, 90)
    assert [path for path, *_ in wide.strips] == ["recurrent_0/h", "recurrent_1/h"]
    assert "∂L/∂h₀" in title_line(wide)
    assert [path for path, *_ in narrow.strips] == ["recurrent_0/h"]
    assert "∂L/∂h₀" in title_line(narrow)


def test_a_step_without_norms_through_time_has_no_strip() -> None:
    columns = choose_columns(header(), step(), 100)
    bare = step()
    object.__setattr__(bare, "state_gradient_norms", None)
    assert line_maker(columns)(bare).endswith("0.03670")


@given(
    width=st.integers(20, 200),
    numbers=st.lists(
        st.floats(0, 1e30, allow_subnormal=False).filter(lambda x: not 0 < x < 1e-90), min_size=16, max_size=16
    ),
    time_steps=st.integers(1, 60),
    layers=st.sampled_from([3, 14]),
    total=st.sampled_from([1, 99_999, 10_000_000]),
)
def test_no_line_is_wider_than_the_terminal(
    width: int, numbers: list[float], time_steps: int, layers: int, total: int
) -> None:
    paths = STACKED[:layers]
    states = {state: tuple(float(t) for t in range(time_steps)) for state in STATES}
    record = step(total, loss=numbers[0], norm=numbers[1], norms=numbers[2 : 2 + layers], paths=paths, states=states)
    told = header(total_steps=total, paths=paths, states=STATES, time_steps=time_steps)
    columns = choose_columns(told, record, width)
    assert len(title_line(columns)) <= width
    assert len(line_maker(columns)(record)) <= width
