"""``--mlflow``: parameters, metrics, tags and files of a run in an MLflow tracking store."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.files import told, write_whole
from rnnctl.runs.folder import CONFIG, ENVIRONMENT, RESUMED, STEPS, SUMMARY, VALIDATION, WEIGHTS
from rnnctl.runs.gradient_norms import GRADIENT_NORMS
from rnnctl.runs.opening import read_json
from rnnctl.trackers.flat import flat
from rnnctl.trackers.mlflow_store import connect, without_password
from rnnctl.trackers.scalars import step_scalars
from rnnctl.trackers.thinning import in_words
from rnnctl.trackers.tracker import Arrays, Beginning, End, require

NOTE = "mlflow.json"
"""File in the run folder that says which run of MLflow is this one."""

ARTIFACTS = (CONFIG, ENVIRONMENT, SUMMARY, VALIDATION, RESUMED, STEPS, GRADIENT_NORMS, WEIGHTS, "report.html")
LARGEST = 100 * 2**20
"""Bytes of a file that is kept in MLflow at most."""

SECONDS = 5.0
"""How long metrics wait for more to come."""

_BATCH, _PARAMS = 1000, 100  # MLflow takes no more in one call
_LONGEST_PARAM, _LONGEST_NAME = 6000, 500
_STATUS: dict[End, str] = {"finished": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}


class Mlflow:
    """Follows a run in MLflow.

    Args:
        uri: The tracking store; None for ``MLFLOW_TRACKING_URI``, or else what the run began with, or a SQLite file
            ``mlflow.db`` beside the run folders.
        beside: Folder of the run folders; None where nothing is written there.

    Raises:
        MissingExtraError: MLflow is not installed, or for a database what it needs.
        RunError: There is no store: no URI, no variable, no folder.
    """

    whole = 250

    def __init__(self, uri: str | None = None, beside: str | os.PathLike[str] | None = None) -> None:
        require("mlflow", "mlflow")
        self._given = uri or os.environ.get("MLFLOW_TRACKING_URI") or None
        if self._given is None and beside is None:
            raise RunError("MLflow's store goes beside the run folders, and there are none; give --mlflow a URI")
        self._beside = None if beside is None else Path(beside)
        self._client: Any = None
        self._run = ""
        self._folder: Path | None = None
        self._metrics: list[Any] = []
        self._flushed = time.monotonic()
        self._missed = False
        self._known: dict[str, int] = {}
        self._use(self._given)

    @property
    def name(self) -> str:
        """What it is and where it writes; without a password."""
        return f"MLflow at {without_password(self._uri)}"

    def check(self, folder: Path | None) -> None:
        """Opens the store, and asks it something.

        Raises:
            RunError: The store cannot be used.
        """
        self._folder = folder
        noted = self._noted()
        if self._given is None and noted.get("tracking_uri"):
            self._use(str(noted["tracking_uri"]))
        if self._default and self._beside is not None:
            with told("create", self._beside):
                self._beside.mkdir(parents=True, exist_ok=True)
        with self._told():
            self._client = connect(self._uri)
            self._client.search_experiments(max_results=1)

    def begin(self, beginning: Beginning) -> None:
        """Makes a run in MLflow; where a run goes on, the one that it had.

        Raises:
            RunError: The store cannot be used.
        """
        self._folder = beginning.folder
        noted = self._noted()
        with self._told():
            again = bool(noted) and noted.get("tracking_uri") == self._public_uri()
            self._run = self._go_on(str(noted["run_id"])) if again else self._new_run(beginning)
        if self._folder is not None:
            note = {"tracking_uri": self._public_uri(), "run_id": self._run}
            write_whole(self._folder / NOTE, (json.dumps(note, indent=2) + "\n").encode())

    def step(self, record: StepRecord) -> None:
        """Logs the numbers of a step, together with those of other steps."""
        self._add("loss", record.step, step_scalars(record))

    def validation(self, record: ValidationRecord) -> None:
        """Logs a validation loss."""
        self._add("validation_loss", record.step, {"validation_loss": record.loss})

    def weights(self, step: int, arrays: Arrays) -> None:
        """Logs what waits, beside a checkpoint; the final weights are kept with the other files."""
        if not self._missed:
            self._flush()

    def end(self, end: End, summary: Summary | None) -> None:
        """Logs the test metrics and the run folder's files, and ends the run of MLflow."""
        try:
            if summary is not None:
                self._add("", summary.steps, summary.metrics)
            self._flush()
            if self._folder is not None:
                for name in ARTIFACTS:
                    self._keep(self._folder / name)
        finally:
            self._client.set_terminated(self._run, _STATUS[end])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns whatever a store or a server may say into a RunError."""
        try:
            yield
        except Exception as error:
            reason = " ".join(str(error).split())[:500]
            raise RunError(f"{self.name}: cannot be used: {reason}; see to it, or leave --mlflow away") from error

    def _use(self, uri: str | None) -> None:
        """Takes a store; None takes the one beside the run folders."""
        self._default = uri is None
        self._uri = f"sqlite:///{(self._beside or Path()).resolve() / 'mlflow.db'}" if uri is None else uri
        if self._uri.startswith("sqlite:"):
            require("mlflow", "sqlalchemy", "alembic")

    def _noted(self) -> dict[str, Any]:
        """What the run folder says of MLflow; nothing where the run is new."""
        path = None if self._folder is None else self._folder / NOTE
        return read_json(path) if path is not None and path.exists() else {}

    def _public_uri(self) -> str | None:
        """The store as it may be written down; None for the one beside the run folders, which may move with them."""
        return None if self._default else without_password(self._uri)

    def _go_on(self, run: str) -> str:
        """Takes up a run that is there, and finds out what it was told already."""
        self._client.update_run(run, status="RUNNING")
        for key in ("loss", "validation_loss"):
            self._known[key] = max((metric.step for metric in self._client.get_metric_history(run, key)), default=0)
        return run

    def _new_run(self, beginning: Beginning) -> str:
        experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or beginning.header.name[:_LONGEST_NAME]
        name = beginning.header.name if beginning.folder is None else beginning.folder.name
        run: str = self._client.create_run(
            self._experiment(experiment), run_name=name, tags=_tags(beginning, in_words(self.whole))
        ).info.run_id
        from mlflow.entities import Param

        params = [
            Param(key, value[:_LONGEST_PARAM]) for key, value in flat(beginning.config.model_dump(mode="json")).items()
        ]
        for start in range(0, len(params), _PARAMS):
            self._client.log_batch(run, params=params[start : start + _PARAMS])
        return run

    def _experiment(self, name: str) -> str:
        if (found := self._client.get_experiment_by_name(name)) is not None:
            return str(found.experiment_id)
        # By itself MLflow would put files into the folder that the command happens to be typed in.
        beside = str((self._beside or Path()).resolve() / "mlflow-artifacts") if self._default else None
        try:
            return str(self._client.create_experiment(name, artifact_location=beside))
        except Exception:
            found = self._client.get_experiment_by_name(name)  # another run was quicker
            if found is None:
                raise
            return str(found.experiment_id)

    def _add(self, kind: str, step: int, numbers: Mapping[str, float]) -> None:
        """Takes metrics, unless the run had them before it stopped and went on."""
        if step <= self._known.get(kind, 0):
            return
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self._metrics += [Metric(key, number, now, step) for key, number in numbers.items()]
        full = len(self._metrics) >= _BATCH and not self._missed
        if full or time.monotonic() - self._flushed >= SECONDS:
            self._flush()

    def _flush(self) -> None:
        """Logs what waits; what could not be logged waits for the next time, which is never at once.

        A server that is gone keeps whoever asks it for seconds; asked at every step, it would for hours.
        """
        self._missed = True
        try:
            while self._metrics:
                self._client.log_batch(self._run, metrics=self._metrics[:_BATCH])
                del self._metrics[:_BATCH]
            self._missed = False
        finally:
            self._flushed = time.monotonic()

    def _keep(self, path: Path) -> None:
        with told("read", path), suppress(FileNotFoundError):
            if path.stat().st_size <= LARGEST:
                self._client.log_artifact(self._run, str(path))


def _tags(beginning: Beginning, note: str) -> dict[str, str]:
    return dict(_tag_pairs(beginning, note))


def _tag_pairs(beginning: Beginning, note: str) -> Iterator[tuple[str, str]]:
    environment = beginning.environment
    yield "mlflow.note.content", note
    yield "mlflow.source.name", "rnnctl"
    if environment.get("git_commit"):
        yield "mlflow.source.git.commit", str(environment["git_commit"])
    for package, version in environment.get("versions", {}).items():
        yield f"version.{package}", str(version)
    yield "version.python", str(environment.get("python"))
    yield "model", beginning.header.cells
