"""``rnnctl check``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict

import click

from rnnctl.cli.completing import ConfigPath
from rnnctl.cli.console.lines import labelled, named_lines
from rnnctl.cli.console.strip import BARS
from rnnctl.cli.console.style import Style, one_line
from rnnctl.cli.options import json_option, only_one, set_option
from rnnctl.cli.output import stdout_style, write_json, write_notes
from rnnctl.errors import ConfigError, DataError
from rnnctl.results.data_check import ClassFacts, ColumnFacts, CostFacts, DataReport, LengthFacts, SplitFacts, TimeFacts
from rnnctl.util.format import bound, counted, cut, duration, first_few, short
from rnnctl.util.memory import in_words
from rnnctl.util.printing import printable


@click.command()
@click.argument("configs", nargs=-1, required=True, type=ConfigPath(), metavar="CONFIG...")
@set_option
@json_option
@click.option("--quiet", "-q", is_flag=True, help="Write one summary per file, and faults.")
def check(configs: tuple[str, ...], overrides: tuple[str, ...], as_json: bool, quiet: bool) -> int:
    """Check configs and their data without training, and list every fault.

    \b
    Examples:
      rnnctl check configs/sunspots.yaml
      rnnctl check configs/*.yaml --quiet
      rnnctl check configs/gru.yaml --set optimizer.learning_rate=0.1
      rnnctl check configs/co2.yaml --json | jq '.findings[] | select(.level == "warning")'

    Looked at are splits and their times, lengths and padding, columns that are missing, constant, alike, unscaled or
    full of outliers, classes, unknown words, gaps, sequences that training and test share, features that give the
    target away, and what training takes. Of large data a sample is compared.

    Faults, which stop training, go to stderr, each as file:line:column: key: what is wrong. Warnings (training runs,
    but probably not as intended) and facts go to stdout.

    Exit codes: 0 no fault, 2 some config is wrong, 3 every config is good and some data is not.
    """
    only_one(quiet=quiet, json=as_json)
    from rnnctl.config import load_config
    from rnnctl.workflows.check import check as examine, sum_up

    codes = set()
    for place, path in enumerate(configs):
        try:
            config = load_config(path, overrides)
            if quiet:
                parts, notes = sum_up(config)
                click.echo(named_lines(path, parts, stdout_style()))
                write_notes(notes)
                continue
            report = examine(config, path)
            if as_json:
                write_json("check", ok=all(finding.level != "fault" for finding in report.findings), **asdict(report))
            else:
                click.echo(("\n" if place else "") + report_lines(report, stdout_style()))
        except (ConfigError, DataError) as error:
            # A config's faults begin with its path already, a data file's with that file's.
            about_file = isinstance(error, ConfigError) or str(error).startswith(os.sep)
            click.echo(printable(str(error) if about_file else f"{path}: {error}"), err=True)
            codes.add(error.exit_code)
            if as_json:
                write_json("check", ok=False, path=path, findings=_faults(error))
    return min(codes, default=0)


def _faults(error: ConfigError | DataError) -> list[dict[str, object]]:
    """The findings of a config that cannot be trained: its faults alone."""
    topic, faults = ("config", error.faults) if isinstance(error, ConfigError) else ("data", [error])
    return [{"level": "fault", "topic": topic, "message": str(fault), "columns": []} for fault in faults]


TEXT_START = 12
"""Column of texts that have a label before them."""

SHOWN_COLUMNS = 6
SHOWN_CLASSES = 6


def report_lines(report: DataReport, style: Style) -> str:
    """A config's block."""
    lines = [named_lines(report.path, report.summary, style)]
    for label, texts in _facts(report):
        lines += labelled(label, texts, style, start=TEXT_START)
    dress = {"fault": style.bad, "warning": style.worrying, "fact": style.dim}
    for found in report.findings:
        lines += labelled(found.level, found.message.split("\n"), style, dress=dress[found.level], start=TEXT_START)
    return "\n".join(lines)


def _facts(report: DataReport) -> Iterator[tuple[str, list[str]]]:
    yield "splits", list(_splits(report.splits))
    yield "lengths", [_lengths(report.lengths)]
    if report.columns:
        yield "columns", list(_columns(report.columns))
    if report.times is not None and (report.times.frequency or report.times.gaps):
        yield "times", [_times(report.times)]
    if report.classes:
        yield "classes", [_classes(report.classes)]
    if report.vocabularies:
        sizes = (f"{vocabulary.column!r} {counted(vocabulary.size, 'token')}" for vocabulary in report.vocabularies)
        yield "words", [" · ".join(sizes)]
    yield "cost", [_cost(report.cost)]


def _splits(splits: tuple[SplitFacts, ...]) -> Iterator[str]:
    width = max(len(split.name) for split in splits)
    numbers = [counted(split.sequences, "sequence") for split in splits]
    right = max(map(len, numbers))
    for split, number in zip(splits, numbers, strict=True):
        span = "" if split.first is None else f" · {split.first} to {split.last}"
        yield f"{split.name:<{width}}  {number:>{right}}{span}"


def _lengths(lengths: LengthFacts) -> str:
    if lengths.shortest == lengths.longest:
        return f"{counted(lengths.longest, 'time step')} each"
    return (
        f"{lengths.shortest:,} {histogram(lengths.counts)} {lengths.longest:,} time steps, "
        f"median {lengths.median:g} · {100 * lengths.padding:.0f} % of batches is padding"
    )


def histogram(counts: tuple[int, ...]) -> str:
    """Counts as bars, the tallest the largest; an empty bin is a space."""
    largest = max(counts, default=0) or 1
    return "".join(BARS[-(-count * len(BARS) // largest) - 1] if count else " " for count in counts)


def _columns(columns: tuple[ColumnFacts, ...]) -> Iterator[str]:
    names = [cut(one_line(column.name), 24) for column in columns[:SHOWN_COLUMNS]]
    width = max(map(len, names), default=0)
    for name, column in zip(names, columns, strict=False):
        numbers = ""
        if column.low is not None and column.high is not None:
            mean = f"mean {short(column.mean)} ± {short(column.deviation)}"
            numbers = f"{bound(column.low)} to {bound(column.high)}, {mean}"
        parts = [
            column.kind,
            numbers,
            f"{column.distinct:,} different" if column.distinct is not None else "",
            f"{column.missing:,} missing" if column.missing else "",
        ]
        yield f"{name:<{width}}  {' · '.join(filter(None, parts))}"
    if kinds := Counter(column.kind for column in columns[SHOWN_COLUMNS:]):
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        yield f"and {counted(kinds.total(), 'more column')} ({counts})"


def _times(times: TimeFacts) -> str:
    apart = "not evenly apart" if times.frequency is None else f"{times.frequency} apart"
    if times.even:
        apart += " throughout"
    elif times.gaps:
        apart += f" but for {counted(times.gaps, 'gap')}"
    pattern = f", {times.pattern}" if times.pattern else ""
    pattern += f"; {times.other_series:,} series by another distance" if times.other_series else ""
    return f"{cut(one_line(times.column), 24)}  {times.first} to {times.last}, {apart}{pattern}"


def _classes(classes: tuple[ClassFacts, ...]) -> str:
    total = sum(one.counts["train"] for one in classes) or 1
    parts = (f"{cut(repr(one.name), 20)} {100 * one.counts['train'] / total:.1f} %" for one in classes)
    return first_few(parts, SHOWN_CLASSES, separator=" · ")


def _cost(cost: CostFacts) -> str:
    memory = f"{in_words(cost.data_bytes)} of data + {in_words(cost.step_bytes)} a step at least"
    time = duration(float(f"{cost.seconds:.1g}")) if cost.seconds >= 1 else "under a second"
    steps = f"{counted(cost.steps, 'step')}, very roughly {time} on {counted(cost.cores, 'core')}"
    rounded = float(f"{cost.compiling:.1g}")
    compiling = duration(rounded) if rounded >= 60 else f"{rounded:g} s"
    return f"{memory} · {steps}, compiling {compiling}"
