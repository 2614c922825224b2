"""``rnnctl bench``."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from rnnctl.cli.console.lines import named_lines
from rnnctl.cli.console.style import Style
from rnnctl.cli.console.table import table
from rnnctl.cli.options import Amount, chosen, config_argument, json_option, set_option
from rnnctl.cli.output import write_result
from rnnctl.results.bench import BenchReport, BenchRow
from rnnctl.util.format import counted, duration, percent, short
from rnnctl.util.printing import printable
from rnnctl.util.progress import ProgressLine, listening


@click.command()
@config_argument
@set_option
@click.option(
    "--against",
    metavar="NAMES",
    help="What to compare with, separated by commas: keras, eager and, from a checkout of rnnctl, torch and jax. "
    "By default all that there are.",
)
@click.option(
    "--seconds",
    type=Amount(min=0.1, max=3600),
    default=20.0,
    show_default=True,
    help="How long to measure; compiling comes on top.",
)
@json_option
def bench(config: str | None, overrides: tuple[str, ...], against: str | None, seconds: float, as_json: bool) -> int:
    """Time this config's training step on this machine, beside other ways to take it.

    \b
    Examples:
      rnnctl bench                                        the built-in first example
      rnnctl bench configs/lstm.yaml --against keras
      rnnctl bench --set data.length=100 --seconds 60 --json

    All start from the same weights and train on one batch with the config's loss and optimizer, in turns. Shown are the
    median of a step's time, its quartiles, and rnnctl's time divided by the other's. keras is fit, at its defaults and
    at the best of its options; eager is the GradientTape loop of tutorials, plain and as a tf.function. From a checkout
    of rnnctl also PyTorch and JAX, where they are installed (pip install 'rnnctl[bench]'), the floor (the step's own
    matrix products and activations, each timed alone), and the rate that its products alone have on one thread and on
    two. Run nothing else meanwhile.

    Exit codes: 0 done, 1 the first losses of some peer are not rnnctl's, so that it does not train the same.
    """
    from rnnctl.config import load_config
    from rnnctl.workflows.bench import PEERS, bench as race

    line = ProgressLine(sys.stderr)
    peers = against and chosen("--against", against, PEERS)
    loaded = load_config(config, overrides)
    with listening(lambda text, share, seconds=None: line.draw(text + " …")):  # compiling has no other line
        report = race(loaded, against=peers, seconds=seconds, tell=lambda now: line.draw(now + " …"))
    line.clear()
    write_result("bench", report, lambda found: {**asdict(found), "agrees": found.agrees}, bench_text, as_json=as_json)
    return 0 if report.agrees else 1


TITLES = ("", "computes", "ms a step", "rnnctl ÷ it", "quartiles", "compile")


def bench_text(report: BenchReport, style: Style) -> str:
    """A header, a row for each that was timed, and a line for each that has something to say."""
    parts = [
        report.model,
        report.loss,
        report.optimizer,
        f"batch {report.batch:,} × {counted(report.time_steps, 'time step')} × {counted(report.features, 'feature')}",
        report.device if report.device != "CPU" else counted(report.cores, "CPU core"),
    ]
    timed = [_cells(row) for row in report.rows if row.milliseconds is not None]
    blocks = [named_lines(report.name, parts, style), table(TITLES, timed, style, left=2)]
    if remarks := [_remark(row, style) for row in report.rows if row.remark]:
        blocks.append("\n".join(remarks))
    notes = [f"{row.name}: {row.settings}" for row in report.rows if row.settings]
    notes += [
        f"rnnctl reaches {percent(1 / row.ratio)} of the rate of {row.name}, {row.gigaflops:.3g} GFLOP/s"
        for row in report.rows
        if row.gigaflops and row.ratio
    ]
    counts = sorted({row.samples for row in report.rows if row.samples})
    samples = "–".join(str(count) for count in dict.fromkeys(counts[:1] + counts[-1:]))
    notes.append(f"{samples} samples each, taken in turns" if counts else "nothing was timed")
    if report.input_wait is not None:
        where = "gathered on the device" if report.batches_from == "device" else "gathered beside it"
        notes.append(f"training waits for batches {100 * report.input_wait:.1f} % of its time ({where})")
    notes.append(", ".join(f"{name} {number}" for name, number in report.versions.items()))
    blocks.append("\n".join(map(style.dim, notes)))
    return "\n\n".join(blocks)


def _cells(row: BenchRow) -> tuple[str, ...]:
    return (
        row.name,
        row.computes,
        _number(row.milliseconds),
        "–" if row.ratio is None else f"{row.ratio:#.2g}" if row.ratio < 0.095 else f"{row.ratio:.2f}",
        f"{_number(row.low)} – {_number(row.high)}",
        "–" if row.compile_seconds is None else duration(row.compile_seconds),
    )


def _number(milliseconds: float | None) -> str:
    """Three significant digits: ``0.165``, ``16.9``, ``1234``."""
    return short(milliseconds, 3) if milliseconds is None or milliseconds < 1000 else f"{milliseconds:.0f}"


def _remark(row: BenchRow, style: Style) -> str:
    text = printable(row.remark)
    if row.agrees is False:
        return f"{style.bold(row.name)}: {text}"
    return f"{row.name}: {text if text.startswith(('not ', 'cannot ')) else f'not comparable: {text}'}"
