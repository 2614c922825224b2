"""The source ``text``: text files as one long sequence of tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from rnnctl.schema.base import PositiveInt
from rnnctl.schema.data import DataPath, DataSection, FileFormat, TargetKind
from rnnctl.schema.split import Split
from rnnctl.tasks import NEXT_STEP

if TYPE_CHECKING:
    from rnnctl.data.dataset import Dataset, Preparation


class TextData(DataSection):
    """A text file as one long sequence of characters or words, each predicted from those before it."""

    file_format: ClassVar = FileFormat("text", "text", (".txt", ".txt.gz"))
    task_entry: ClassVar = NEXT_STEP
    target_kind: ClassVar[TargetKind] = "category"

    kind: Literal["text"]
    path: DataPath
    """The file, relative to the config file, in UTF-8, or in UTF-16 with its mark; or a folder or pattern, whose files
    follow each other."""
    level: Literal["characters", "words"] = "characters"
    """What a time step is."""
    lowercase: bool = False
    """Whether tokens that differ only in case are the same."""
    size: PositiveInt | None = None
    """Most tokens in the vocabulary, the most frequent first; others are seen as the unknown token."""
    embedding: PositiveInt | None = None
    """Size of the learnt vector that stands for a token; null shows it one-hot."""
    length: PositiveInt = 64
    """Time steps of a sequence; one begins where the one before it ends."""
    split: Split = Split(validation=0.1, test=0.1)
    """How much of the text is held out: training first, then validation, then test."""

    @property
    def running_text(self) -> TextData:
        """The section itself."""
        return self

    def files(self) -> tuple[Path, ...]:
        """The files."""
        from rnnctl.sources import find_files

        return find_files(self.path, self.file_format)

    def with_file(self, path: Path) -> TextData:
        """The section with another text, all of which is for the test."""
        return self.model_copy(update={"path": path, "split": Split()})

    def read(self) -> tuple[str, dict[str, str]]:
        """Reads the text; gives the SHA-256 of each file, by its path, besides.

        Raises:
            DataError: A file is missing, empty or not text in UTF-8.
        """
        from rnnctl.tables.text_reading import read_text

        return read_text(self.files())

    def load(self, *, known: Preparation | None = None, **_: Any) -> Dataset:
        """Reads the text and cuts it into sequences of ``length`` tokens, at each of which the next is the target."""
        from rnnctl.data.text_dataset import text_dataset

        return text_dataset(self, *self.read(), known=known)
