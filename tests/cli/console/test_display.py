"""The four displays, driven with handmade records."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from cli.fakes import PLAIN, Terminal, header, step, summary

from rnnctl.cli.console.display import BURST_SECONDS, Display, Json, Lines, Quiet, steps_a_line
from rnnctl.cli.console.live import Live
from rnnctl.cli.console.style import Style, style_of
from rnnctl.results.training import StepRecord, ValidationRecord

GOLDEN = """\
first-step   SimpleRNN 64 · 6,208 weights · mse · sgd 0.01
             32 sequences × 10 time steps × 32 features

 step       loss    |grad|   clipped    kernel recurrent      bias   ∂L/∂h through time
    1     1.4158    0.3411         –    0.2523    0.2265   0.03670   ▁▁▂▃▄▅▆▇██
    2     1.4146    0.3411         –    0.2523    0.2265   0.03670   ▁▁▂▃▄▅▆▇██
  val     1.5000   epoch 1 · best so far
    3     1.4135    0.3411    0.1000    0.2523    0.2265   0.03670   ▁▁▂▃▄▅▆▇██

loss 1.4158 → 1.4135 in 3 steps (0.2 ms a step) · run folder runs/first-step-1
"""


def drive(display: Display) -> None:
    display.begin(header())
    display.step(step(1))
    display.step(step(2, loss=1.4146))
    display.validation(ValidationRecord(2, 1, 1.5, is_best=True))
    display.step(step(3, loss=1.4135, clipped=0.1, epoch=2))
    display.end(summary(), Path("runs/first-step-1"))
    display.close()


def test_lines_are_those_of_the_design() -> None:
    out = io.StringIO()
    drive(Lines(out, PLAIN))
    assert out.getvalue() == GOLDEN


def test_colour_adds_escape_codes_and_nothing_else() -> None:
    out = io.StringIO()
    drive(Lines(out, Style(100, terminal=True, colour=True)))
    text = out.getvalue()
    assert "\x1b[1mfirst-step\x1b[0m" in text
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[32m"):
        text = text.replace(code, "")
    assert text == GOLDEN


def test_quiet_shows_the_summary_alone() -> None:
    out = io.StringIO()
    drive(Quiet(out, PLAIN))
    assert out.getvalue() == GOLDEN.splitlines(keepends=True)[-1]


def test_json_writes_an_object_a_line_and_the_summary_last() -> None:
    out = io.StringIO()
    drive(Json(out))
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["header", "step", "step", "validation", "step", "summary"]
    assert events[1]["loss"] == 1.4158
    assert len(events[1]["state_gradient_norms"]["recurrent_0/h"]) == 10
    assert events[-1]["folder"] == "runs/first-step-1"


def test_an_epoch_of_several_steps_without_validation_is_marked() -> None:
    out = io.StringIO()
    display = Lines(out, PLAIN)
    display.begin(header())
    for number, epoch in enumerate((1, 1, 2, 2, 3), start=1):
        display.step(step(number, epoch=epoch))
    display.close()
    assert [line.strip() for line in out.getvalue().splitlines() if "epoch" in line] == ["epoch 2", "epoch 3"]


def test_epochs_of_one_step_are_not_marked() -> None:
    out = io.StringIO()
    display = Lines(out, PLAIN)
    display.begin(header())
    for number in range(1, 6):
        display.step(step(number, epoch=number))
    display.close()
    assert "epoch" not in out.getvalue()


@pytest.mark.parametrize(("seconds", "most", "fewest"), [(0.0002, 8, 2), (0.06, 102, 100)])
def test_fast_steps_are_written_in_bursts_and_slow_ones_at_once(seconds: float, most: int, fewest: int) -> None:
    out = Terminal()
    display = Lines(out, PLAIN)
    display.begin(header(total_steps=1000))
    for number in range(1, 101):
        display.step(step(number, seconds=seconds))
    display.close()
    assert len(out.getvalue().splitlines()) == 104
    assert fewest <= out.writes <= most


def test_a_failed_write_is_not_tried_again_on_closing() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    display = Lines(Closed(), PLAIN)
    with pytest.raises(BrokenPipeError):
        display.begin(header())
    display.close()


class Clock:
    """Time that passes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def run_live(out: Terminal, steps: int, style: Style, *, validations: int = 0) -> None:
    clock = Clock()
    display = Live(out, style, clock)
    display.begin(header(total_steps=steps))
    for number in range(1, steps + 1):
        clock.now += 0.001
        display.step(step(number))
        if validations and number % (steps // validations) == 0:
            display.validation(ValidationRecord(number, number, 1.0, is_best=False))
    display.end(summary(steps=steps), None)
    display.close()


def plain_lines(out: Terminal) -> list[str]:
    """What was ever written, line by line, without what moves the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue().replace("\r", "\n")).splitlines()


def test_a_long_run_leaves_an_even_sample_of_its_steps() -> None:
    out = Terminal()
    run_live(out, 10_000, Style(100, terminal=True, colour=False))
    numbers = [int(line.split()[0]) for line in plain_lines(out) if "1.4158    0.3411" in line]
    assert set(range(1, 10_001, 500)) <= set(numbers)


def test_a_long_run_is_drawn_ten_times_a_second_at_most() -> None:
    out = Terminal()
    run_live(out, 10_000, Style(100, terminal=True, colour=False))
    bars = out.getvalue().count("left · ")
    # Ten seconds pass: a hundred drawings, and one more with each kept line that pushes the bar down.
    assert 50 <= bars <= 100 + 2 * 22


def test_the_moving_line_and_what_is_kept_above_it_never_go_back() -> None:
    out = Terminal()
    run_live(out, 1_000, Style(100, terminal=True, colour=False), validations=1_000)
    shown = [line.split() for line in plain_lines(out)]
    steps = [int(words[0]) for words in shown if words[1:3] == ["1.4158", "0.3411"]]
    bars = [int(line.split("/1000")[0].split()[-1]) for line in plain_lines(out) if "/1000 steps" in line]
    assert len(bars) > 20
    assert steps == sorted(steps)
    assert bars == sorted(bars)


def test_what_is_waited_for_stands_in_place_of_the_bar_until_the_next_step() -> None:
    out = Terminal()
    display = Live(out, Style(60, terminal=True, colour=False), Clock())
    display.begin(header(total_steps=1_000))
    display.progress("compiling the training step", None, 0.5)
    assert "compiling" not in out.getvalue()
    display.progress("compiling the training step", None, 12.0)
    assert plain_lines(out)[-1] == "compiling the training step: 12.0 s"
    display.progress("compiling the training step for 1000 time steps, usually about 20 s", None, 13.0)
    assert plain_lines(out)[-1] == "compiling the training step for 1000 time steps, u…: 13.0 s"
    display.progress("compiling the training step", 1.0, 13.25)
    display.step(step(1))
    display.progress("compiling the validation loss", None, 2.0)
    assert [line.split()[0] for line in plain_lines(out)[-2:]] == ["1", "compiling"]
    display.step(step(2))
    display.close()


def test_a_run_that_is_resumed_keeps_as_few_lines_as_any() -> None:
    out = Terminal()
    display = Live(out, Style(100, terminal=True, colour=False), Clock())
    display.begin(header(total_steps=10_000))
    for number in range(5_001, 5_501):
        display.step(step(number))
    display.close()
    shown = {line.split()[0] for line in plain_lines(out) if "1.4158    0.3411" in line}
    assert shown == {"5001", "5500"}  # the first is kept, the latest goes with the bar


def test_no_color_leaves_no_colour_in_the_live_display() -> None:
    out = Terminal()
    run_live(out, 1000, Style(100, terminal=True, colour=False))
    for colour in ("\x1b[3", "\x1b[1m", "\x1b[2m", "\x1b[9"):
        assert colour not in out.getvalue()


def test_many_validations_are_sampled_too() -> None:
    out = Terminal()
    run_live(out, 1000, Style(100, terminal=True, colour=False), validations=1000)
    assert 15 <= sum(line.strip().startswith("val ") for line in plain_lines(out)) <= 21
    assert "validation 1.000" in out.getvalue()


def test_a_pipe_and_no_color_mean_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert style_of(io.StringIO()) == Style(120, terminal=False, colour=False)
    assert style_of(Terminal()).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not style_of(Terminal()).colour
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "dumb")
    assert not style_of(Terminal()).terminal


def test_many_steps_are_shown_in_few_writes() -> None:
    class Counted(io.StringIO):
        writes = 0

        def write(self, text: str) -> int:
            self.writes += 1
            return super().write(text)

    out = Counted()
    display: Lines = Lines(out, PLAIN)
    display.begin(header(total_steps=1000))
    records: list[StepRecord] = [step(number, loss=1.0 + number / 7, seconds=0.0002) for number in range(1, 1001)]
    for record in records:
        display.step(record)
    display.close()
    assert len(out.getvalue().splitlines()) > 1000
    assert out.writes <= 5 + 1000 * 0.0002 / BURST_SECONDS


def test_a_pipe_gets_at_most_five_hundred_lines_unless_more_are_asked_for() -> None:
    totals = (1, 500, 501, 1_000, 1_001, 2_500, 2_501, 5_000, 5_001, 10_001, 1_000_000)
    assert [steps_a_line(total) for total in totals] == [1, 1, 2, 2, 5, 5, 10, 10, 20, 50, 2_000]


def test_a_long_run_gets_a_line_per_some_steps_and_its_first_and_last_whatever_happens() -> None:
    out = io.StringIO()
    display = Lines(out, PLAIN, 10)
    display.begin(header(total_steps=1_000))
    for number in range(3, 28):
        display.step(step(number))
    display.end(summary(), None)
    display.close()
    shown = [
        int(line.split()[0]) for line in out.getvalue().splitlines() if line.split()[:1] and line.split()[0].isdigit()
    ]
    assert shown[1:5] == [3, 10, 20, 27]  # after the header, which has a number of its own
    assert "a line per 10 steps; --every 1 shows all" in out.getvalue()


@pytest.mark.parametrize(("every", "shown"), [(1, list(range(1, 28))), (10, [1, 11, 21, 27])])
def test_validations_get_no_more_lines_than_steps_and_the_last_has_one(every: int, shown: list[int]) -> None:
    out = io.StringIO()
    display = Lines(out, PLAIN, every)
    display.begin(header(total_steps=1_000))
    for number in range(1, 28):
        display.step(step(number))
        display.validation(ValidationRecord(number, number, 1.0, is_best=False))
    display.end(summary(), None)
    display.close()
    lines = (line.split() for line in out.getvalue().splitlines())
    assert [int(words[3]) for words in lines if words[:1] == ["val"]] == shown
