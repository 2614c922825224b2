"""``rnnctl verify``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rnnctl.cli.options import json_option, run_argument
from rnnctl.cli.output import write_json
from rnnctl.errors import CheckFailedError
from rnnctl.util.format import counted
from rnnctl.util.printing import printable

if TYPE_CHECKING:
    from rnnctl.results import VerifyReport


@click.command()
@run_argument
@click.option("--steps", type=click.IntRange(min=1), help="Compare so many steps at most.")
@json_option
def verify(run: Path, steps: int | None, as_json: bool) -> None:
    """Train a run's config again, and compare bit for bit.

    \b
    Examples:
      rnnctl verify runs/sunspots-1
      rnnctl verify runs/sunspots-1 --steps 100 --json

    Losses, gradient norms, norms through time and, where the run is trained to its end, the final weights are compared
    with what the run folder holds, which is only read. The first step that differs is named, and what differs at it,
    and what differs between what the run ran on and this machine. Of an ensemble every net is compared.

    Exit codes: 0 the same bits, 5 a difference; otherwise as for train.
    """
    from rnnctl.workflows.verify import verify as compare

    report = compare(run, steps=steps)
    if as_json:
        write_json("verify", **{"same": report.same, **asdict(report), "run": str(report.run)})
    else:
        click.echo(printable("\n".join(_lines(report))))
    if not report.same:
        raise CheckFailedError(f"{run}: the run does not come out with the same bits")


def _lines(report: VerifyReport) -> Iterator[str]:
    if report.nets > 1 and not report.same:
        yield f"{counted(report.nets - 1, 'net')} trained again, the same bits; then {report.run}:"
    if report.step is not None:
        yield f"step {report.step:,} differs; all before it are the same"
        for found in report.differences:
            yield f"  {found.what}: recorded {found.recorded:.9g}, again {found.again:.9g}"
    else:
        parts = "losses, gradient norms, norms through time" + (", final weights" if report.weights == () else "")
        of = f" of {report.nets} nets" if report.nets > 1 else ""
        yield f"{counted(report.steps, 'step')}{of} trained again: the same bits in {parts}"
    yield from (f"  final weight {path} differs" for path in report.weights or ())
    if not report.same and not report.environment:
        yield "nothing differs between what the run ran on and this"
    yield from (f"note: {note}" for note in report.notes)
    yield from (f"not as it was: {difference}" for difference in report.environment)
