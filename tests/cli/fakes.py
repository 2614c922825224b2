"""Handmade records and a run that trains nothing, for the displays."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from rnnctl.cli.console.style import Style
from rnnctl.results.diagnosis import Cause
from rnnctl.results.training import RunHeader, StepRecord, Summary, ValidationRecord

WEIGHTS = ("recurrent_0/kernel", "recurrent_0/recurrent_kernel", "recurrent_0/bias")
PLAIN = Style(width=100, terminal=False, colour=False)


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and counts how often it is written to."""

    writes = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


def header(
    *,
    total_steps: int = 3,
    paths: tuple[str, ...] = WEIGHTS,
    states: tuple[str, ...] = ("recurrent_0/h",),
    time_steps: int = 10,
    name: str = "first-step",
) -> RunHeader:
    return RunHeader(
        name=name,
        cells="SimpleRNN 64",
        weights=6208,
        loss="mse",
        optimizer="sgd 0.01",
        sequences=32,
        time_steps=time_steps,
        features=32,
        outputs=64,
        weight_paths=paths,
        state_paths=states,
        total_steps=total_steps,
        clips=False,
    )


def step(
    number: int = 1,
    *,
    loss: float = 1.4158,
    norm: float = 0.3411,
    clipped: float | None = None,
    epoch: int = 1,
    norms: Iterable[float] = (0.2523, 0.2265, 0.0367),
    paths: tuple[str, ...] = WEIGHTS,
    states: dict[str, tuple[float, ...]] | None = None,
    seconds: float = 0.0002,
) -> StepRecord:
    return StepRecord(
        step=number,
        epoch=epoch,
        loss=loss,
        gradient_norm=norm,
        clipped_norm=norm if clipped is None else clipped,
        gradient_norms=dict(zip(paths, norms, strict=True)),
        learning_rate=0.01,
        seconds=seconds,
        state_gradient_norms={"recurrent_0/h": tuple(2.0**power for power in range(10))} if states is None else states,
    )


def summary(*, stopped: str = "finished", steps: int = 3, **metrics: float) -> Summary:
    return Summary(steps, 1, 1.4158, 1.4135, None, None, stopped, 0.5, 0.2, metrics)


class FakeRun:
    """What ``train_steps`` gives, from events made by hand; an exception among them is raised."""

    causes: tuple[Cause, ...] = ()
    always_judged = False

    def __init__(self, events: Iterable[StepRecord | ValidationRecord | Summary | BaseException]) -> None:
        self.header, self.folder = header(), Path("runs/first-step-1")
        self._events = list(events)
        self.afterwards: tuple[str, ...] = ()
        self.summary: Summary | None = None
        self.stopped: str | None = None

    def stop(self, why: str) -> None:
        self.stopped = why

    def events(self) -> Iterator[StepRecord | ValidationRecord | Summary]:
        for event in self._events:
            if isinstance(event, BaseException):
                raise event
            yield event
