"""Records as JSON lines and back: the lines of ``steps.jsonl`` and of ``--json``.

JSON has no NaN and no infinity. Such a number is written as ``null``, and its value under ``non_finite``:
``{"event": "step", …, "loss": null, …, "non_finite": {"loss": "nan"}}``.

A step of a small network takes 0.2 ms, so its line is made with one ``%`` on a cached template rather than with
``json.dumps``. Nine significant digits tell every float32 from its neighbours; seventeen would take twice the time.

The lines of a run folder leave gradient norms per weight to `rnnctl.runs.gradient_norms`, and those through time to
`rnnctl.runs.through_time`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields, replace
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

from rnnctl.errors import RunError
from rnnctl.results.training import NetRecord, StepRecord, Summary, ValidationRecord
from rnnctl.runs.append_files import whole_lines
from rnnctl.runs.gradient_norms import GRADIENT_NORMS, read_gradient_norms
from rnnctl.runs.run_files import MALFORMED, json_object
from rnnctl.runs.run_schema import Fields, StepLine, SummaryFields, ValidationLine, check, checked
from rnnctl.util.printing import in_json

_BEGINNING = '{"event": "step", "step": %d, "epoch": %d, "loss": %.9g, "gradient_norm": %.9g, "clipped_norm": %.9g, '
_ENDING = '"learning_rate": %.7g, "seconds": %.6g}\n'
_SHORT_TEMPLATE = _BEGINNING + _ENDING
NUMBERS = ("loss", "gradient_norm", "clipped_norm", "learning_rate", "seconds")
"""Fields of a step that are floats."""

_STEP = ("step", "epoch", *NUMBERS[:3], "gradient_norms", *NUMBERS[3:])
_T = TypeVar("_T")

_SUMMARY = {field.name for field in fields(Summary)} - {"metrics"}


@lru_cache(maxsize=64)
def _step_template(paths: tuple[str, ...]) -> str:
    """Format of a step line for weights of these paths."""
    norms = ", ".join(f"{json.dumps(path)}: ".replace("%", "%%") + "%.9g" for path in paths)
    return f'{_BEGINNING}"gradient_norms": {{{norms}}}, {_ENDING}'


def step_line(record: StepRecord, *, per_weight: bool = True, through_time: bool = False) -> str:
    """One optimizer step as a JSON line, newline included.

    Args:
        per_weight: Whether the line holds ``gradient_norms``.
        through_time: Whether it holds ``state_gradient_norms``.
    """
    norms = record.gradient_norms if per_weight else {}
    before, after = (record.loss, record.gradient_norm, record.clipped_norm), (record.learning_rate, record.seconds)
    numbers = (*before, *norms.values(), *after)
    total = sum(numbers)
    # Both NaN and infinity make the difference NaN; a sum that merely overflows only takes the slow path.
    if total - total != 0.0:
        names = [name for name in _STEP if per_weight or name != "gradient_norms"]
        line = dump_line({"event": "step", **{name: getattr(record, name) for name in names}})
    else:
        template = _step_template(tuple(norms)) if per_weight else _SHORT_TEMPLATE
        line = template % (record.step, record.epoch, *numbers)
    if record.update_ratios is not None:
        ratios = {path: _number(ratio) for path, ratio in record.update_ratios.items()}
        line = _with(line, "update_ratios", ratios)
    if through_time and record.state_gradient_norms is not None:
        states = {path: f"[{', '.join(map(_number, norms))}]" for path, norms in record.state_gradient_norms.items()}
        line = _with(line, "state_gradient_norms", states)
    return line


def _with(line: str, name: str, values: Mapping[str, str]) -> str:
    """A line with one more field: a mapping, whose values are JSON already."""
    pairs = ", ".join([f"{json.dumps(key)}: {value}" for key, value in values.items()])
    return f'{line[:-2]}, "{name}": {{{pairs}}}}}\n'


def _number(value: float) -> str:
    """A number as JSON; one that is not finite is null."""
    return f"{value:.6g}" if value - value == 0.0 else "null"


def validation_line(record: ValidationRecord) -> str:
    """A validation as a JSON line, newline included."""
    return dump_line({"event": "validation", **asdict(record)})


def net_line(record: NetRecord) -> str:
    """The end of a further net as a JSON line, newline included."""
    about = {"event": "net", "net": record.number, "of": record.of, "refit": record.refit}
    return dump_line({**about, **summary_fields(record.summary)})


def summary_line(summary: Summary, **more: Any) -> str:
    """The summary, and further fields, as a JSON line, newline included."""
    return dump_line({"event": "summary", **summary_fields(summary), **more})


def summary_fields(summary: Summary) -> dict[str, Any]:
    """The summary as a plain mapping, its test metrics beside the other fields (``test_mae``, ``naive_mae``)."""
    fields = asdict(summary)
    metrics = fields.pop("metrics")
    return {**fields, **metrics}


def summary_from_json(fields: Mapping[str, Any], path: Path) -> Summary:
    """The content of ``summary.json`` in a run folder as a `Summary`.

    Raises:
        RunError: It is not as rnnctl writes it.
    """
    checked(SummaryFields, fields, path)
    try:
        whole = with_non_finite(fields)
        own = {name: whole.pop(name) for name in _SUMMARY & whole.keys()}
        reach = own.pop("reach", None)
        return Summary(**own, metrics=whole, reach=None if reach is None else (int(reach[0]), int(reach[1])))
    except MALFORMED as error:
        raise RunError(f"{path}: its summary is not as rnnctl writes it ({error}); the file was changed") from error


def with_non_finite(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a JSON object with its NaN and infinite numbers in their places."""
    whole = dict(fields)
    lost = whole.pop("non_finite", {})
    return whole | {name: float(text) for name, text in lost.items()}


def dump_line(fields: Mapping[str, Any]) -> str:
    """Any mapping as one valid JSON line, newline included; NaN and infinity as the module's docstring says."""
    return dump(fields) + "\n"


def dump(fields: Mapping[str, Any], *, indent: int | None = None) -> str:
    """Any mapping as valid JSON; NaN and infinity as the module's docstring says."""
    lost: dict[str, str] = {}
    clean = _finite(fields, "", lost)
    if lost:
        clean["non_finite"] = lost
    return in_json(json.dumps(clean, ensure_ascii=False, allow_nan=False, indent=indent))


def _finite(value: Any, path: str, lost: dict[str, str]) -> Any:
    """Copies a value with None for every non-finite number; ``lost`` takes its path and value."""
    if isinstance(value, Mapping):
        return {str(key): _finite(inner, f"{path}.{key}" if path else str(key), lost) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner, f"{path}.{index}", lost) for index, inner in enumerate(value)]
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        lost[path] = repr(float(value))
        return None
    return value


def read_lines(path: Path, parse: Callable[[bytes], _T], what: str) -> Iterator[_T]:
    """The records of a file of lines, none where it is missing; a last line that was cut off is left out.

    Args:
        parse: Makes a record of a line.
        what: The record in messages.

    Raises:
        RunError: The file cannot be read, or a line before that is no such record.
    """
    for number, line in enumerate(whole_lines(path), start=1):
        try:
            yield parse(line)
        except MALFORMED as error:
            raise RunError(
                f"{path}:{number}: this line is not a {what} as rnnctl writes it ({error}); "
                "delete the line to read the rest"
            ) from error


def read_steps(path: Path) -> list[StepRecord]:
    """Reads ``steps.jsonl``, with gradient norms per weight from the table in the same folder.

    A last line that was cut off is left out, and so are steps beyond the table's last one.

    Raises:
        RunError: A file cannot be read, a line before the last is not a step, or the table is not as rnnctl writes it.
    """
    records = list(read_lines(path, step_from_json, "step"))
    beside = path.with_name(GRADIENT_NORMS)
    if not records or not beside.exists():
        return records
    steps, norms = read_gradient_norms(beside)
    row = {step: place for place, step in enumerate(steps.tolist())}
    return [
        replace(record, gradient_norms={path: float(values[row[record.step]]) for path, values in norms.items()})
        for record in takewhile(lambda record: record.step in row, records)
    ]


def _checked_line(schema: type[Fields], line: bytes) -> dict[str, Any]:
    fields = json_object(line)
    check(schema, fields)
    whole = with_non_finite(fields)
    for name in NUMBERS:
        if whole.get(name, 0.0) is None:
            raise ValueError(f"{name}: found null, expected a number, or what it was under non_finite")
    return whole


def step_from_json(line: bytes) -> StepRecord:
    """One line of ``steps.jsonl`` as a record without gradient norms per weight, which another file holds."""
    fields = _checked_line(StepLine, line)
    ratios = fields.get("update_ratios")
    if ratios is not None:
        ratios = {path: math.inf if value is None else float(value) for path, value in ratios.items()}
    step, epoch = int(fields["step"]), int(fields["epoch"])
    numbers: dict[str, Any] = {name: float(fields[name]) for name in NUMBERS}
    return StepRecord(step, epoch, gradient_norms={}, update_ratios=ratios, **numbers)


def validation_from_json(line: bytes) -> ValidationRecord:
    """One line of ``validation.jsonl`` as a record."""
    fields = _checked_line(ValidationLine, line)
    return ValidationRecord(int(fields["step"]), int(fields["epoch"]), float(fields["loss"]), bool(fields["is_best"]))
