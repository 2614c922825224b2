"""A config's data checked without training or a framework, and what training would take.

The public functions are `check`, from a config to a `DataReport`, and `sum_up`, which checks no more than training.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from rnnctl.config.schema import Config
from rnnctl.data.class_weights import described
from rnnctl.data_check.cell_checks import examine_cells
from rnnctl.data_check.column_checks import column_facts
from rnnctl.data_check.report import by_level, examine
from rnnctl.data_check.sum_checks import examine_sums
from rnnctl.data_check.time_checks import examine_dates
from rnnctl.model.describe import describe_cells, describe_optimizer
from rnnctl.model.footprint import training_bytes
from rnnctl.model.written_out import compile_seconds
from rnnctl.results.data_check import ColumnFacts, CostFacts, DataReport, Finding
from rnnctl.runs.environment import usable_cpus
from rnnctl.schema.table import TableData
from rnnctl.starter.column_uses import remarks_on_file
from rnnctl.starter.remarks import DOUBTFUL, LEFT_OUT, Remark, grouped
from rnnctl.tables.table import Table
from rnnctl.training.batch_parts import step_operations
from rnnctl.training.build import Built, prepare
from rnnctl.util.format import counted
from rnnctl.util.memory import available_bytes, in_words

OPERATIONS_A_SECOND = 2.5e10
"""Floating-point operations of one core in a compiled step; measured on SimpleRNN of 64 and 128 units: 1.7e10 to
3.5e10."""

MOST_UNUSED = 5
"""Most reasons for which columns are not used."""

SECONDS_A_TIME_STEP = 5e-6
"""Overhead of a layer's time step."""


def check(config: Config, path: str = "") -> DataReport:
    """Checks a config's data; ``path`` is the config's file, for the report.

    Raises:
        DataError: The data cannot be used as the config asks.
        ConfigError: The model does not fit the data.
    """
    columns: list[ColumnFacts] = []
    cells: list[Finding] = []
    uses: list[Finding] = []

    def look(table: Table) -> None:
        columns.extend(column_facts(table.data, table.frame))
        cells.extend((*examine_cells(table), *examine_dates(table), *examine_sums(table)))
        told = {name for finding in cells for name in finding.columns}
        uses.extend(column_uses(table.data, told))

    built = prepare(config, inspect=look)
    cost, padding, parts = training_cost(built), built.schedule.epochs.padding, summary_parts(built)
    report = examine(path, built.config, built.dataset, tuple(columns), cost, padding, parts)
    if built.class_weights is not None:
        uses.append(Finding("fact", "classes", described(built.dataset, built.class_weights)))
    report = replace(report, findings=tuple(sorted((*cells, *report.findings, *uses), key=by_level)))
    needed, available = cost.data_bytes + cost.step_bytes, available_bytes()
    if available is None or needed <= available:
        return report
    message = (
        f"training needs at least {in_words(needed)} of memory, and {in_words(available)} are available here; lower "
        "the layers' units or training.batch_size"
    )
    return replace(report, findings=(Finding("warning", "memory", message), *report.findings))


def column_uses(data: TableData, told: Set[str]) -> Iterator[Finding]:
    """What is doubtful about the columns of a config's file, and those that it leaves out.

    Args:
        told: Names of columns of which more is said already.
    """
    remarks = [remark for remark in remarks_on_file(data) if remark.column not in told]
    for note, same in grouped(remark for remark in remarks if remark.use == DOUBTFUL).items():
        yield Finding("warning" if data.task_entry.labels else "fact", "columns", note, columns_of(same))
    left_out = list(grouped(remark for remark in remarks if remark.use == LEFT_OUT).items())
    for note, same in left_out[:MOST_UNUSED]:
        yield Finding("fact", "columns", f"not used: {note}", columns_of(same))
    if rest := [remark for _, same in left_out[MOST_UNUSED:] for remark in same]:
        yield Finding("fact", "columns", f"not used: {counted(len(rest), 'more column')}", columns_of(rest))


def columns_of(remarks: Iterable[Remark]) -> tuple[str, ...]:
    """The columns that remarks are about."""
    return tuple(remark.column for remark in remarks)


def sum_up(config: Config) -> tuple[list[str], tuple[str, ...]]:
    """Parts of the one-line summary of what a config trains, and the notes of loading its data.

    Raises:
        DataError: The data cannot be used as the config asks.
        ConfigError: The model does not fit the data.
    """
    built = prepare(config)
    return summary_parts(built), built.dataset.notes


def training_cost(built: Built) -> CostFacts:
    """Memory, steps and, roughly, time of training."""
    config, dataset, schedule = built.config, built.dataset, built.schedule
    train, signature = dataset.train, dataset.signature
    arrays = {id(array): array for array in (train.values, train.targets, dataset.own) if array is not None}
    held = sum(array.nbytes for array in arrays.values())
    average = float(train.lengths.mean())
    operations = step_operations(config, signature.features, round(average), schedule.batch_size)
    operations += head_operations(config, signature.outputs, round(average), schedule.batch_size)
    cores = usable_cpus() or 1
    layers = sum(2 if layer.bidirectional else 1 for layer in config.model.layers)
    seconds = operations / (OPERATIONS_A_SECOND * cores) + SECONDS_A_TIME_STEP * layers * average
    compiling = compile_seconds(config.model, schedule.shape.padded_lengths, schedule.total_steps)
    needed = training_bytes(config, signature, schedule.backward_length, len(schedule.sequences))
    return CostFacts(held, needed, schedule.total_steps, operations, schedule.total_steps * seconds, cores, compiling)


def head_operations(config: Config, outputs: int, time_steps: int, batch_size: int) -> float:
    """Floating-point operations of the head in a training step: one product forward, two backward."""
    steps = time_steps if config.model.return_sequences else 1
    return 6.0 * config.model.layers[-1].width * outputs * steps * batch_size * (config.model.head == "dense")


def summary_parts(built: Built) -> list[str]:
    """Parts of the one-line summary of what a config trains."""
    config, dataset = built.config, built.dataset
    train, signature = dataset.train, dataset.signature
    parts = [] if config.name in ("", "run") else [config.name]
    parts += [describe_cells(config), config.loss.kind, describe_optimizer(config.optimizer)]
    for one, many in (("row", "rows"), ("series", "series")):
        if isinstance(found := dataset.facts.get(many), int):
            parts.append(counted(found, one, many))
    sizes = " + ".join(f"{len(split):,} {name}" for name, split in dataset.splits.items())
    parts.append(f"{sizes} sequences" if "+" in sizes else counted(len(train), "sequence"))
    most = "" if train.uniform else "up to "
    inputs = f"{most}{counted(train.length, 'time step')} × {counted(signature.features, 'feature')}"
    return [*parts, inputs, counted(signature.outputs, "output"), counted(built.schedule.total_steps, "step")]
