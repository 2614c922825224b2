"""The fields of the JSON files of a run folder: what each may hold, and what is wrong with one that was edited.

A file may hold further fields, which a newer rnnctl writes; those that are known hold what is said here. Where a number
is None, it was not finite (`rnnctl.runs.jsonl`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from rnnctl.errors import RunError
from rnnctl.util.format import cut

T = TypeVar("T")

MOST = 2**53
"""Largest count; above it a float64 cannot tell a number from the next."""

Count = Annotated[int, Field(ge=0, le=MOST)]
Number = float | None
NonFinite = dict[str, Literal["nan", "inf", "-inf"]]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected text")
    return value


FileName = Annotated[str, PlainValidator(_text)]
"""Text that may hold lone surrogates, which stand for bytes of a file's name that are no UTF-8."""


class Fields(BaseModel):
    """The base of all: no value is converted, none is infinite or NaN."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False, defer_build=True)


class Cpu(Fields):
    """``cpu`` in ``environment.json``."""

    model: str | None = None
    count: Count | None = None
    usable: Count | None = None


class Environment(Fields):
    """``environment.json``."""

    format: int | None = None
    command: list[FileName] = []
    seed: int | None = None
    versions: dict[str, str | None] = {}
    python: str | None = None
    platform: str | None = None
    cpu: Cpu | None = None
    variables: dict[FileName, FileName] = {}
    git_commit: str | None = None
    data: dict[FileName, str] = {}
    device: str | None = None
    batches_from: str | None = None
    parts_of_a_batch: Count | None = None
    loops_only: bool | None = None
    widths: list[Count] = []
    sequences_of_each_width: list[Count] = []
    padded_time_steps: float | None = None
    xla: bool | None = None
    deterministic: bool | None = None


class SummaryFields(Fields):
    """``summary.json``; what it does not name here are metrics."""

    __pydantic_extra__: dict[str, float | None]
    event: str | None = None
    steps: Count
    epochs: Count = 0
    first_loss: Number = None
    final_loss: Number = None
    best_validation_loss: Number = None
    best_epoch: Count | None = None
    stopped: str
    seconds: Number = None
    milliseconds_per_step: Number = None
    reason: str | None = None
    verdict: str | None = None
    reach: Annotated[list[Count], Field(min_length=2, max_length=2)] | None = None
    input_wait: Number = None
    worth: str = ""
    non_finite: NonFinite = {}


class LastLine(Fields):
    """What a list of runs reads of the last line of a record."""

    step: Count = 0
    loss: Number = None
    seconds: Number = None
    non_finite: NonFinite = {}


class ValidationLine(Fields):
    """A line of ``validation.jsonl``."""

    step: Count
    epoch: Count
    loss: Number
    is_best: bool
    non_finite: NonFinite = {}


class StepLine(Fields):
    """A line of ``steps.jsonl``."""

    step: Annotated[int, Field(ge=1, le=MOST)]
    epoch: Count
    loss: Number
    gradient_norm: Number
    clipped_norm: Number
    learning_rate: Number
    seconds: Number
    update_ratios: dict[str, Number] | None = None
    non_finite: NonFinite = {}


class Length(Fields):
    """``length_before`` in ``resumed.jsonl``."""

    steps: Count | None = None
    epochs: Count | None = None


class ResumedLine(Fields):
    """A line of ``resumed.jsonl``."""

    from_step: Count
    length_before: Length | None = None
    environment: Environment | None = None


class Layout(Fields):
    """``through_time/layout.json``."""

    states: Annotated[dict[str, Annotated[int, Field(ge=0, le=2**28)]], Field(max_length=10_000)]


class EarlyStopping(Fields):
    """``early_stopping`` in ``checkpoint.json``."""

    loss: Number
    epoch: Count | None
    waited: Count


class CheckpointFields(Fields):
    """``checkpoint.json``."""

    format: int
    step: Count
    reasons: list[str]
    early_stopping: EarlyStopping
    files: list[str]
    config: dict[str, Any] = {}
    seconds: Number = None
    non_finite: NonFinite = {}


class MlflowNote(Fields):
    """``mlflow.json``."""

    tracking_uri: str | None
    run_id: Annotated[str, Field(pattern=r"^\w{1,64}$")]


_EXPECTED = {
    "string_type": "text",
    "string_unicode": "text of whole characters",
    "string_pattern_mismatch": "letters and digits",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number that is finite",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "dataclass_type": "a mapping",
    "dataclass_exact_type": "a mapping",
}
"""What is expected, by pydantic's word for an error."""


def checked(schema: type[Fields], fields: Mapping[str, Any], where: Path | str) -> dict[str, Any]:
    """The fields of a file of a run folder, or of a line, once each is what the schema says.

    Args:
        where: The file, or the file and the line, for the message.

    Raises:
        RunError: One is not; the message names key and value.
    """
    try:
        check(schema, fields)
    except ValueError as error:
        raise RunError(f"{where}: {error}; the file was changed: put it back as it was") from None
    return dict(fields)


def check(schema: type[Fields], fields: Mapping[str, Any]) -> None:
    """Raises ValueError, with the key and its value, for the first field that is not what the schema says."""
    with _own_words():
        schema.model_validate(fields)


def checked_as(kind: type[T], fields: Mapping[str, Any], where: Path) -> T:
    """A dataclass from the fields of a file; raises as `checked` does."""
    try:
        _check_plain(fields, "")
        with _own_words():
            return TypeAdapter(kind).validate_json(json.dumps(fields), strict=True)
    except ValueError as error:
        raise RunError(f"{where}: {error}; the file was changed: put it back as it was") from None


@contextmanager
def _own_words() -> Iterator[None]:
    """Turns pydantic's error, which is a ValueError too, into one that says key and value."""
    try:
        yield
    except ValidationError as error:
        raise ValueError(_fault(error.errors(include_url=False)[0])) from None


def _fault(error: ErrorDetails) -> str:
    kind = error["type"]
    key = cut(".".join(str(part) for part in error["loc"]), 80)
    if kind == "missing":
        return f"{key} is missing"
    told = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("expected ")
    return f"{key}: found {_value(error['input'])}, expected {_EXPECTED.get(kind, told)}"


def _value(value: Any) -> str:
    """A value in as few characters as fit into a message."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, float) and value - value != 0:
        return "a number larger than any float"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int) and value.bit_length() > 200:  # more digits than Python writes out
        return f"a number of about {value.bit_length() * 3 // 10:,} digits"
    return cut(json.dumps(value) if isinstance(value, str) else str(value), 40)


def _check_plain(value: Any, key: str) -> None:
    """Raises ValueError for a number that is not finite, or text that is not UTF-8, which no file of ours holds."""
    inner: Any = ()
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    elif isinstance(value, float) and value - value != 0:
        raise ValueError(f"{key}: found {value}, expected a number that is finite")
    _check_text(value, key)
    for name, item in inner:
        _check_text(name, key)
        _check_plain(item, f"{key}.{name}" if key else str(name))


def _check_text(value: Any, key: str) -> None:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            shown = json.dumps(cut(value, 40))
            raise ValueError(f"{key}: found {shown}, expected text of whole characters") from None
