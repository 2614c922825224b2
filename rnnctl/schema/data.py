"""The base of all ``data`` sections: what a config may ask of its data, whichever source it names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, Field

from rnnctl.errors import DataError
from rnnctl.schema.base import Section

if TYPE_CHECKING:
    from typing import Self

    from rnnctl.data.dataset import Dataset, Preparation
    from rnnctl.schema.split import Split
    from rnnctl.schema.table import TableData
    from rnnctl.sources.text import TextData
    from rnnctl.tables.table import Table
    from rnnctl.tasks import Task


def _names_a_file(path: Path) -> Path:
    if path == Path() or "\0" in str(path):
        raise ValueError("names no file; write the path of one, relative to the config file")
    return path


DataPath = Annotated[Path, Field(strict=False), AfterValidator(_names_a_file)]
"""Path of a data file, a folder or a pattern."""

TargetKind = Literal["number", "boolean", "category"]


class FileFormat(NamedTuple):
    """A format of data files."""

    kind: str
    """The ``data.kind`` that reads it."""
    name: str
    """Its name in messages."""
    endings: tuple[str, ...]
    """How names of such files in a folder end, in lower case."""

    def matches(self, path: Path) -> bool:
        """Whether a file is called like one of this format."""
        return path.name.lower().endswith(self.endings)


class DataSection(Section):
    """A ``data`` section, and how it becomes a `Dataset`. The section of a source overrides what differs from here."""

    if TYPE_CHECKING:
        kind: str
        split: Split

    file_format: ClassVar[FileFormat | None] = None
    """Format of the files; None for data that is made up."""

    @property
    def file(self) -> Path | None:
        """File, folder or pattern that the data is read from, the key ``path``; None for data that is made up."""
        return getattr(self, "path", None)

    @property
    def table(self) -> TableData | None:
        """The section itself where the data is a table of columns that have names."""
        return None

    @property
    def running_text(self) -> TextData | None:
        """The section itself where the data is one long text."""
        return None

    @property
    def task_entry(self) -> Task | None:
        """The task; None for generated data."""
        return None

    @property
    def task_name(self) -> str:
        """The task, as messages name it."""
        return self.kind if self.task_entry is None else self.task_entry.word

    @property
    def target_kind(self) -> TargetKind:
        """What the targets are."""
        return "number"

    @property
    def target_per_step(self) -> bool | None:
        """Whether there is a target at every time step; None where ``model.return_sequences`` decides."""
        return None if self.task_entry is None else self.task_entry.per_step

    @property
    def target_ahead(self) -> bool:
        """Whether what is predicted lies after the time step that predicts it, so that nothing later may be seen."""
        return self.task_entry is not None and not self.task_entry.labels

    @property
    def target_values(self) -> int | None:
        """Target values of a sequence or time step; None where only the loaded data tells."""
        return None

    def bytes_needed(self, *, per_step: bool) -> int:
        """Bytes of the arrays that are made up; 0 for data that is read from files."""
        return 0

    def with_names(self) -> Self:
        """The section with the names of columns in place of patterns.

        Raises:
            DataError: A pattern matches nothing, or the file cannot be read.
            ConfigError: The columns do not go together.
        """
        return self

    def files(self) -> tuple[Path, ...]:
        """The files that the data is read from, sorted by name; none for data that is made up.

        Raises:
            DataError: A folder holds none of the section's format, or nothing matches a pattern.
        """
        return ()

    def with_file(self, path: Path) -> DataSection:
        """The section with another file, all of which is for the test.

        Raises:
            DataError: The data is made up.
        """
        raise DataError(f"the data of this run is made up (data.kind: {self.kind}), so no file can take its place")

    def load(
        self,
        *,
        seed: int,
        per_step: bool,
        known: Preparation | None = None,
        inspect: Callable[[Table], None] | None = None,
    ) -> Dataset:
        """Reads the data or makes it up. The same arguments give the same dataset, to the last bit.

        Args:
            seed: The run's seed.
            per_step: Whether the model has an output at each time step.
            known: What was learnt from the training rows of other data of this kind; all sequences are then for the
                test, and stand as the training split too. None learns from this data's training rows.
            inspect: Called with a table's columns before they are made into sequences.

        Raises:
            DataError: The data cannot be used as the section asks.
        """
        raise NotImplementedError(f"{type(self).__name__}.load")
