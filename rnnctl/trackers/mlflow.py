"""``--mlflow``: parameters, metrics, tags and files of a run in an MLflow tracking store."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.gradient_norms import GRADIENT_NORMS
from rnnctl.runs.run_files import disk_errors, read_json, write_file
from rnnctl.runs.run_folder import CONFIG, ENVIRONMENT, RESUMED, STEPS, SUMMARY, VALIDATION, WEIGHTS
from rnnctl.runs.run_schema import MlflowNote, checked
from rnnctl.trackers.mlflow_store import connect
from rnnctl.trackers.reasons import reason_of
from rnnctl.trackers.records import flat_parameters, sampling_note, step_scalars
from rnnctl.trackers.tracker import Arrays, Beginning, End, require
from rnnctl.util.passwords import without_passwords

NOTE = "mlflow.json"
"""File in the run folder that names the run in MLflow."""

ARTIFACTS = (CONFIG, ENVIRONMENT, SUMMARY, VALIDATION, RESUMED, STEPS, GRADIENT_NORMS, WEIGHTS, "report.html")
LARGEST = 100 * 2**20
"""Largest file that is logged, in bytes."""

SECONDS = 5.0
"""Longest time that metrics wait for more."""

_BATCH, _PARAMS = 1000, 100  # MLflow takes no more in one call
_LONGEST_PARAM, _LONGEST_NAME = 6000, 500
_STATUS: dict[End, str] = {"finished": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}


class Mlflow:
    """Logs a run to MLflow.

    Args:
        uri: The tracking store; None for ``MLFLOW_TRACKING_URI``, else a SQLite file ``mlflow.db`` beside the run
            folders. An address in a run folder is never used: the folder may be someone else's.
        beside: Folder of the run folders; None where nothing is written there.

    Raises:
        MissingExtraError: MLflow is not installed, or for a database what it needs.
        RunError: There is no store: no URI, no variable, no folder.
    """

    whole: ClassVar[int] = 250

    def __init__(self, uri: str | None = None, beside: str | os.PathLike[str] | None = None) -> None:
        require("mlflow", "mlflow")
        self._given = uri or os.environ.get("MLFLOW_TRACKING_URI") or None
        if self._given is None and beside is None:
            raise RunError("MLflow's store goes beside the run folders, and there are none; give --mlflow a URI")
        self._beside = Path(os.path.realpath(beside or "."))
        self._client: Any = None
        self._run = ""
        self._folder: Path | None = None
        self._metrics: list[Any] = []
        self._flushed = time.monotonic()
        self._pending_failed = False
        self._known: dict[str, int] = {}
        self._use(self._given)

    @property
    def name(self) -> str:
        """Name and place, without a password."""
        return f"MLflow at {without_passwords(self._uri)}"

    def check(self, folder: Path | None) -> None:
        """Opens the store and queries it.

        Raises:
            RunError: The store cannot be used.
        """
        self._folder = folder
        noted = self._note()
        if self._given is None and (before := noted.get("tracking_uri")):
            raise RunError(
                f"{folder}{os.sep}{NOTE}: this run was logged to {without_passwords(before)}, an address "
                f"that the run folder names and that is not used unless you name it too: "
                f"--mlflow={without_passwords(before)}, or another store with --mlflow=URI"
            )
        if self._default:
            with disk_errors("create", self._beside):
                self._beside.mkdir(parents=True, exist_ok=True)
        with self._store_errors():
            self._client = connect(self._uri)
            self._client.search_experiments(max_results=1)
            if noted:
                self._check_artifacts(noted["run_id"])

    def begin(self, beginning: Beginning) -> None:
        """Makes a run in MLflow, or continues that of a resumed run.

        Raises:
            RunError: The store cannot be used.
        """
        self._folder = beginning.folder
        noted = self._note()
        with self._store_errors():
            again = bool(noted) and noted.get("tracking_uri") == self._public_uri()
            self._run = self._continue_run(noted["run_id"]) if again else self._new_run(beginning)
            self._check_artifacts(self._run)
        if self._folder is not None:
            note = {"tracking_uri": self._public_uri(), "run_id": self._run}
            write_file(self._folder / NOTE, (json.dumps(note, indent=2) + "\n").encode())

    def step(self, record: StepRecord) -> None:
        """Logs the numbers of a step, in a batch with other steps."""
        self._add("loss", record.step, step_scalars(record))

    def validation(self, record: ValidationRecord) -> None:
        """Logs a validation loss."""
        self._add("validation_loss", record.step, {"validation_loss": record.loss})

    def weights(self, step: int, arrays: Arrays) -> None:
        """Logs pending metrics at a checkpoint; the final weights are logged as a file."""
        if not self._pending_failed:
            self._flush()

    def end(self, end: End, summary: Summary | None) -> None:
        """Logs the test metrics and the run folder's files, and ends the run of MLflow."""
        try:
            if summary is not None:
                self._add("", summary.steps, summary.metrics)
            self._flush()
            if self._folder is not None:
                for name in ARTIFACTS:
                    self._log_file(self._folder / name)
        finally:
            self._client.set_terminated(self._run, _STATUS[end])

    @contextmanager
    def _store_errors(self) -> Iterator[None]:
        """Turns any error of a store or server into a RunError."""
        try:
            yield
        except Exception as error:
            if isinstance(error, RunError):
                raise
            raise RunError(
                f"{self.name}: cannot be used: {reason_of(error)}; see to it, or leave --mlflow away"
            ) from error

    def _use(self, uri: str | None) -> None:
        """Chooses a store; None chooses the one beside the run folders."""
        self._default = uri is None
        self._uri = f"sqlite:///{self._beside / 'mlflow.db'}" if uri is None else uri
        if self._uri.startswith("sqlite:"):
            require("mlflow", "sqlalchemy", "alembic")

    def _note(self) -> dict[str, Any]:
        """The content of ``mlflow.json`` in the run folder; empty for a new run."""
        path = None if self._folder is None else self._folder / NOTE
        return checked(MlflowNote, read_json(path), path) if path is not None and path.exists() else {}

    def _public_uri(self) -> str | None:
        """The store without a password; None for the one beside the run folders, which may move with them."""
        return None if self._default else without_passwords(self._uri)

    def _continue_run(self, run: str) -> str:
        """Continues an existing run, and finds the last steps that it has metrics of."""
        self._client.update_run(run, status="RUNNING")
        for key in ("loss", "validation_loss"):
            self._known[key] = max((metric.step for metric in self._client.get_metric_history(run, key)), default=0)
        return run

    def _new_run(self, beginning: Beginning) -> str:
        experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or beginning.header.name[:_LONGEST_NAME]
        name = beginning.header.name if beginning.folder is None else beginning.folder.name
        run: str = self._client.create_run(
            self._experiment(experiment), run_name=name, tags=_tags(beginning, sampling_note(self.whole))
        ).info.run_id
        from mlflow.entities import Param

        values = flat_parameters(beginning.config.model_dump(mode="json"))
        params = [Param(key, value[:_LONGEST_PARAM]) for key, value in values.items()]
        for start in range(0, len(params), _PARAMS):
            self._client.log_batch(run, params=params[start : start + _PARAMS])
        return run

    def _experiment(self, name: str) -> str:
        find = self._client.get_experiment_by_name
        if (found := find(name)) is None:
            # By itself MLflow would put files into the current folder.
            beside = str(self._beside / "mlflow-artifacts") if self._default else None
            try:
                return str(self._client.create_experiment(name, artifact_location=beside))
            except Exception:
                if (found := find(name)) is None:  # else another run was quicker
                    raise
        return str(found.experiment_id)

    def _check_artifacts(self, run: str) -> None:
        """Checks that files of a run in a store that nobody named go beside that store, and nowhere else."""
        if not self._default:
            return
        kept = str(self._client.get_run(run).info.artifact_uri)
        place = Path(os.path.realpath(kept.removeprefix("file://")))
        if not place.is_relative_to(self._beside / "mlflow-artifacts"):
            raise RunError(
                f"{self.name}: this store keeps files of the run in {kept}, which is not beside it: it was moved, or "
                f"someone else made it; to use it all the same, name it: --mlflow={self._uri}"
            )

    def _add(self, kind: str, step: int, numbers: Mapping[str, float]) -> None:
        """Adds metrics, unless the resumed run has them already."""
        if step <= self._known.get(kind, 0):
            return
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self._metrics += [Metric(key, number, now, step) for key, number in numbers.items()]
        full = len(self._metrics) >= _BATCH and not self._pending_failed
        if full or time.monotonic() - self._flushed >= SECONDS:
            self._flush()

    def _flush(self) -> None:
        """Logs pending metrics; after an error they stay pending for a later flush, never the next step's.

        A call to a server that is gone takes seconds, which at every step would add up to hours.
        """
        self._pending_failed = True
        try:
            while self._metrics:
                self._client.log_batch(self._run, metrics=self._metrics[:_BATCH])
                del self._metrics[:_BATCH]
            self._pending_failed = False
        finally:
            self._flushed = time.monotonic()

    def _log_file(self, path: Path) -> None:
        with disk_errors("read", path), suppress(FileNotFoundError):
            if path.stat().st_size <= LARGEST:
                self._client.log_artifact(self._run, str(path))


def _tags(beginning: Beginning, note: str) -> dict[str, str]:
    environment = beginning.environment
    commit = environment.get("git_commit")
    return {
        "mlflow.note.content": note,
        "mlflow.source.name": "rnnctl",
        **({"mlflow.source.git.commit": str(commit)} if commit else {}),
        **{f"version.{package}": str(version) for package, version in environment.get("versions", {}).items()},
        "version.python": str(environment.get("python")),
        "model": beginning.header.cells,
    }
