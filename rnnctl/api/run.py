"""`Run`: a trained run as an object, the same whether it was just trained or is read from its folder."""

from __future__ import annotations

import os
import shutil
import weakref
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnctl.config import Config
from rnnctl.errors import RunError
from rnnctl.results.training import Summary
from rnnctl.runs.jsonl import summary_from_json
from rnnctl.runs.members import is_trained, member_folders
from rnnctl.runs.run_check import check_run as read_environment, read_summary
from rnnctl.runs.run_files import disk_errors, write_file
from rnnctl.runs.run_folder import CONFIG
from rnnctl.runs.trained_run import load_run, read_config

if TYPE_CHECKING:
    import polars as pl

    from rnnctl.results import Diagnosis, Examination
    from rnnctl.results.evaluation import Evaluation

SAVED_DATA = "data.parquet"
"""File in a saved run's folder that holds the DataFrame it was trained on."""


class Run:
    """A training run: its numbers, its model, and what follows from them.

    ::

        run = rnnctl.train("configs/sunspots.yaml")
        run.history.select("step", "loss", "gradient_norm")
        run.evaluate()
        run.predict(horizon=12)
        run.save("runs/kept")

    Wherever the API takes the folder of a run it takes a `Run` as well.

    Args:
        model: The trained ``keras.Model``; None rebuilds it from the folder when it is asked for.
        temporary: Folder that is deleted once the object is; None where everything stays.

    Raises:
        RunError: The folder is no run's.
    """

    def __init__(self, path: str | os.PathLike[str], *, model: Any = None, temporary: Path | None = None) -> None:
        self.path = Path(path)
        self._environment = read_environment(self.path)
        self._model, self._temporary = model, temporary
        self._of: Run | None = None
        if temporary is not None:
            weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)

    def __fspath__(self) -> str:
        return str(self.path)

    @cached_property
    def config(self) -> Config:
        """The config as used.

        Raises:
            RunError: Another version of rnnctl wrote it in a way not understood here.
        """
        return read_config(self.path, self._environment)

    @cached_property
    def summary(self) -> Summary:
        """What the run came to: losses, metrics, speed, why it stopped.

        Raises:
            RunError: The run has not come to an end.
        """
        fields = read_summary(self.path)
        if fields is None:
            raise RunError(f"{self.path}: this run has no summary yet: it is still running, or was killed")
        return summary_from_json(fields, self.path)

    @property
    def history(self) -> pl.DataFrame:
        """A row per optimizer step, in order.

        Columns: ``step``, ``epoch``, ``loss``, ``gradient_norm``, ``clipped_norm``, ``learning_rate``, ``seconds``;
        ``validation_loss``, null but after the last step of an epoch; and ``gradient_norms/<weight>`` for each weight.
        NaN stands for what was not finite.

        Raises:
            RunError: The record cannot be read.
        """
        from rnnctl.runs.run_record import history_frame

        return history_frame(self.path)

    @property
    def model(self) -> Any:
        """The trained ``keras.Model``, of an ensemble the first; `rnnctl.to_stock` gives one of stock Keras layers.

        Raises:
            RunError: The folder holds no weights, or they do not fit the config.
            DataError: The data, which says how many features there are, cannot be read.
        """
        if self._model is None:
            from rnnctl.engines.keras_network import restore_weights
            from rnnctl.training.build import build

            stored = load_run(self.path)
            self._model = build(stored.config).model
            restore_weights(self._model, *(stored.refits or (stored,))[:1])
        return self._model

    @property
    def members(self) -> tuple[Run, ...]:
        """The trained nets of an ensemble, this one first; each has a history and a model of its own.

        Raises:
            RunError: A net's summary cannot be read.
        """
        found = tuple(Run(path) for path in member_folders(self.path, self.config.training.members) if is_trained(path))
        for member in found:
            member._of = self  # whose folder theirs are in
        return (self, *found)

    def evaluate(self, **options: Any) -> Evaluation:
        """Scores the model beside baselines; see `rnnctl.evaluate`."""
        from rnnctl.workflows.evaluate import evaluate

        return evaluate(self, **options)

    def predict(self, *, horizon: int | None = None, data: Any = None, **options: Any) -> pl.DataFrame:
        """Predicts with the model; see `rnnctl.predict`, which also gives notes and a text that was continued.

        Returns:
            A row for each prediction, in the data's own units, labels and times.
        """
        from rnnctl.workflows.predict import predict

        return predict(self, horizon=horizon, data=data, **options).frame

    def inspect_gradients(self, **options: Any) -> Examination:
        """Examines the gradients at the run's weights; see `rnnctl.inspect_gradients`."""
        from rnnctl.workflows.inspect_gradients import inspect_gradients

        return inspect_gradients(self, **options)

    def diagnose(self, **options: Any) -> Diagnosis:
        """Finds out why the run did not learn; see `rnnctl.diagnose`."""
        from rnnctl.workflows.diagnose import diagnose

        return diagnose(self, **options)

    def save(self, folder: str | os.PathLike[str]) -> Run:
        """Copies the run folder, with the DataFrame that the run was trained on if it was.

        Args:
            folder: The new folder; it must not exist.

        Returns:
            The saved run.

        Raises:
            RunError: The folder exists, or cannot be written.
        """
        to = Path(folder)
        with disk_errors("create", to):
            shutil.copytree(self.path, to, ignore=shutil.ignore_patterns(".lock", ".*.partial"))
        file = self.config.data.file
        if file is not None and self._temporary is not None and file.is_relative_to(self._temporary.resolve()):
            from rnnctl.config.dump import config_to_yaml
            from rnnctl.workflows.frames import with_file

            with disk_errors("write", to / SAVED_DATA):
                shutil.copyfile(file, to / SAVED_DATA)
            write_file(to / CONFIG, config_to_yaml(with_file(self.config, Path(SAVED_DATA))).encode())
        return Run(to)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def _repr_html_(self) -> str:
        from rnnctl.report.notebook import run_html

        if read_summary(self.path) is None:
            return f"<code>{escape(repr(self))}</code>: no summary yet"
        return run_html(self.summary, self.history, self.path.name)


def open_run(folder: str | os.PathLike[str]) -> Run:
    """Opens a run that `train`, ``rnnctl train`` or `Run.save` left.

    Args:
        folder: The run's own folder, such as ``runs/sunspots-1``.

    Raises:
        RunError: The folder is no run's, or is of another format.
    """
    return Run(folder)
