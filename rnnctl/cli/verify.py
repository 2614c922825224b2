"""``rnnctl verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rnnctl.cli.options import json_option

if TYPE_CHECKING:
    from rnnctl.results.checks import VerifyReport


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
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
    and what differs between what the run ran on and this machine.

    Exit codes: 0 the same bits, 5 a difference; otherwise as for train.
    """
    from rnnctl.cli.console.style import printable
    from rnnctl.errors import CheckFailedError
    from rnnctl.workflows.verify import verify as compare

    report = compare(run, steps=steps)
    if as_json:
        click.echo(_json(report), nl=False)
    else:
        click.echo(printable(_words(report)))
    if not report.same:
        raise CheckFailedError(f"{run}: the run does not come out with the same bits")


def _json(report: VerifyReport) -> str:
    from dataclasses import asdict

    from rnnctl.runs.jsonl import dump_line

    return dump_line({"event": "verify", "same": report.same, **asdict(report), "run": str(report.run)})


def _words(report: VerifyReport) -> str:
    from rnnctl.util.format import counted

    lines = []
    if report.step is not None:
        lines.append(f"step {report.step:,} differs; all before it are the same")
        lines += [
            f"  {found.what}: recorded {found.recorded:.9g}, again {found.again:.9g}" for found in report.differences
        ]
    else:
        weights = ", final weights" if report.weights == () else ""
        lines.append(
            f"{counted(report.steps, 'step')} trained again: the same bits in losses, gradient norms, "
            f"norms through time{weights}"
        )
    lines += [f"  final weight {path} differs" for path in report.weights or ()]
    if not report.same and not report.environment:
        lines.append("nothing differs between what the run ran on and this")
    lines += [f"note: {note}" for note in report.notes]
    lines += [f"not as it was: {difference}" for difference in report.environment]
    return "\n".join(lines)
