"""What ``--mlflow`` logs, read back from a real store: a SQLite file, no server."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from made_runs import made_step
from safetensors.numpy import load_file
from trackers.followed import CONFIG, killed_after_five, refuse

import rnnctl
from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord
from rnnctl.trackers.following import Following
from rnnctl.trackers.mlflow import NOTE, Mlflow
from rnnctl.workflows.resume import resume_steps
from rnnctl.workflows.train import train_steps

for module in ("mlflow", "sqlalchemy", "alembic"):
    pytest.importorskip(module, reason=f"{module} is not installed: pip install '.[mlflow]'")

# MLflow uses what SQLAlchemy means to remove; that is theirs to mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder of runs whose store has its tables: making them takes MLflow seconds."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)


def _client(runs):
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=f"sqlite:///{runs / 'mlflow.db'}")


def _logged(runs, folder):
    return _client(runs).get_run(json.loads((folder / "mlflow.json").read_text())["run_id"])


def _history(runs, logged, key):
    found = _client(runs).get_metric_history(logged.info.run_id, key)
    return sorted((metric.step, metric.value) for metric in found)


@pytest.fixture(scope="module")
def followed(runs):
    run = train_steps(CONFIG, out=runs, following=Following([Mlflow(None, runs)], refuse))
    return run, list(run)


def test_every_number_of_every_step_is_a_metric(runs, followed):
    run, records = followed
    logged = _logged(runs, run.folder)
    for key, of in (
        ("loss", lambda record: record.loss),
        ("gradient_norm", lambda record: record.gradient_norm),
        ("clipped_norm", lambda record: record.clipped_norm),
        ("learning_rate", lambda record: record.learning_rate),
        ("gradient_norms/head/bias", lambda record: record.gradient_norms["head/bias"]),
    ):
        assert _history(runs, logged, key) == [(record.step, of(record)) for record in records]
    last = [(record.step, record.state_gradient_norms["recurrent_0/h"][-1]) for record in records if record.step % 2]
    assert _history(runs, logged, "state_gradient_norms/recurrent_0/h/last") == last
    assert _history(runs, logged, "validation_loss") == [(found.step, found.loss) for found in run.validations]
    for name, value in run.summary.metrics.items():
        assert _history(runs, logged, name) == [(9, value)]


def test_the_config_is_its_parameters_and_what_it_ran_on_its_tags(runs, followed):
    run, _ = followed
    logged = _logged(runs, run.folder)
    assert logged.info.status == "FINISHED"
    assert logged.info.run_name == "small-1"
    assert _client(runs).get_experiment(logged.info.experiment_id).name == "small"
    assert logged.data.params["model.layers.0.units"] == "3"
    assert logged.data.params["optimizer.learning_rate"] == "0.1"
    environment = json.loads((run.folder / "environment.json").read_text())
    assert logged.data.tags["version.rnnctl"] == rnnctl.__version__
    assert logged.data.tags["version.tensorflow"] == environment["versions"]["tensorflow"]
    assert logged.data.tags.get("mlflow.source.git.commit") == environment["git_commit"]
    assert "every second up to 1,000" in logged.data.tags["mlflow.note.content"]


def test_the_run_folders_files_are_its_artifacts_beside_the_store(runs, followed):
    run, _ = followed
    logged = _logged(runs, run.folder)
    kept = Path(logged.info.artifact_uri)
    assert kept.is_relative_to(runs / "mlflow-artifacts")
    names = {
        "config.yaml",
        "environment.json",
        "summary.json",
        "validation.jsonl",
        "steps.jsonl",
        "gradient_norms.npy",
        "weights.safetensors",
    }
    assert names <= {path.name for path in kept.iterdir()}
    for name in names:
        assert (kept / name).read_bytes() == (run.folder / name).read_bytes()
    np.testing.assert_array_equal(
        load_file(kept / "weights.safetensors")["head/bias"], np.asarray(run.model.trainable_variables[-1])
    )


def test_a_run_that_goes_on_is_the_same_run_there_with_each_step_once(runs):
    folder, steps = killed_after_five(runs, Mlflow(None, runs))
    logged = _logged(runs, folder)
    assert logged.info.status == "KILLED"
    resumed = list(resume_steps(folder, following=Following([Mlflow(None, runs)], refuse)))
    again = _logged(runs, folder)
    assert (again.info.run_id, again.info.status) == (logged.info.run_id, "FINISHED")
    assert _history(runs, again, "loss") == [(at.step, at.loss) for at in (*steps[:4], *resumed)]
    assert [at for at, _ in _history(runs, again, "validation_loss")] == [3, 6, 9]


def test_an_address_that_a_run_folder_names_is_used_only_when_a_person_names_it_too(runs, tmp_path):
    folder, _ = killed_after_five(runs, Mlflow(None, runs))
    victim = tmp_path / "victim.db"
    note = json.loads((folder / NOTE).read_text())
    (folder / NOTE).write_text(json.dumps(note | {"tracking_uri": f"sqlite:///{victim}"}))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(RunError, match=rf"an address that the run folder names .*: --mlflow=sqlite:///{victim}"):
        resume_steps(folder, following=Following([Mlflow(None, runs)], refuse))
    assert not victim.exists()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    resume_steps(folder, following=Following([Mlflow(f"sqlite:///{victim}", runs)], refuse))
    assert victim.exists()


def test_files_of_a_run_go_nowhere_but_beside_a_store_that_nobody_named(runs, tmp_path):
    folder, _ = killed_after_five(runs, Mlflow(None, runs))
    with closing(sqlite3.connect(runs / "mlflow.db")) as store:
        store.execute("UPDATE runs SET artifact_uri = ?", [f"file://{tmp_path}/home"])
        store.commit()
    with pytest.raises(RunError, match=r"keeps files of the run in file://.*/home, which is not beside it"):
        resume_steps(folder, following=Following([Mlflow(None, runs)], refuse))
    assert not (tmp_path / "home").exists()


def test_links_that_lead_to_each_other_are_told(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "a")
    with pytest.raises(RunError, match=r"a: cannot create it: File exists; .* choose another folder with --out"):
        Mlflow(None, tmp_path / "a").check(None)


def test_a_run_that_fails_has_failed_there_too(runs):
    config = CONFIG.model_copy(update={"optimizer": CONFIG.optimizer.model_copy(update={"learning_rate": 1e30})})
    run = train_steps(config, out=runs, following=Following([Mlflow(None, runs)], refuse))
    with pytest.raises(rnnctl.NonFiniteError):
        list(run)
    assert _logged(runs, run.folder).info.status == "FAILED"


@pytest.fixture
def hasty():
    """Lets MLflow wait 50 ms for a lock, where it waits 20 s by itself."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def hurry(connection, cursor, statement, parameters, context, many):
        return statement.replace("busy_timeout = 20000", "busy_timeout = 50"), parameters

    event.listen(Engine, "before_cursor_execute", hurry, retval=True)
    yield
    event.remove(Engine, "before_cursor_execute", hurry)


def test_a_store_that_is_locked_in_the_middle_is_told_once_and_what_was_missed_comes_later(runs, followed, hasty):
    messages, locker = [], sqlite3.connect(runs / "mlflow.db", check_same_thread=False)

    class Impatient(Mlflow):
        def step(self, record: StepRecord) -> None:
            self._flushed = -1e9  # as if the last time were long ago
            if record.step == 3:
                locker.execute("BEGIN EXCLUSIVE")
            if record.step == 5:
                locker.rollback()
            super().step(record)

    run = train_steps(CONFIG, out=runs, following=Following([Impatient(None, runs)], messages.append))
    records = list(run)
    locker.close()
    assert len(records) == 9
    assert len(messages) == 1
    assert "database is locked" in messages[0]
    assert messages[0].endswith("; training goes on, and the run folder is complete")
    logged = _logged(runs, run.folder)
    assert logged.info.status == "FINISHED"
    assert _history(runs, logged, "loss") == [(record.step, record.loss) for record in records]


@pytest.mark.parametrize("data", [b"this is no database" * 100, None], ids=["no database", "a folder"])
def test_a_store_that_cannot_be_used_is_told_before_there_is_a_run_folder(data, tmp_path, followed):
    if data is None:
        (tmp_path / "mlflow.db").mkdir()
    else:
        (tmp_path / "mlflow.db").write_bytes(data)
    with pytest.raises(RunError, match=r"MLflow at sqlite:.*mlflow.db: cannot be used: .*leave --mlflow away"):
        train_steps(CONFIG, out=tmp_path, following=Following([Mlflow(None, tmp_path)], refuse))
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]


def test_a_server_that_does_not_answer_is_told_in_words_of_our_own(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RunError) as told:
        Mlflow("http://me:secret@127.0.0.1:1").check(None)
    assert str(told.value) == (
        "MLflow at http://127.0.0.1:1: cannot be used: no server answers at this address; see to it, or leave --mlflow "
        "away"
    )


def test_the_variables_are_heeded_and_no_password_is_written_down(runs, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:9/x")
    assert Mlflow(None, None).name == "MLflow at http://127.0.0.1:9/x"
    assert Mlflow("http://b.example", tmp_path).name == "MLflow at http://b.example"
    assert Mlflow("sqlite:////a/b@c.db", tmp_path).name == "MLflow at sqlite:////a/b@c.db"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(RunError, match="give --mlflow a URI"):
        Mlflow(None, None)


def test_nothing_is_sent_to_anyone(tmp_path):
    """MLflow switches its telemetry off in CI by itself, so this one looks at it as nobody in CI would."""
    code = (
        "from rnnctl.trackers.mlflow_store import connect\nconnect('file:///nowhere')\n"
        "from mlflow.telemetry.utils import MLFLOW_DISABLE_TELEMETRY, is_telemetry_disabled\n"
        "print(MLFLOW_DISABLE_TELEMETRY.get(), is_telemetry_disabled())"
    )
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    environment |= {"PYTHONPATH": str(Path(rnnctl.__file__).parents[1]), "MLFLOW_ALLOW_FILE_STORE": "true"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.stdout.strip() == "True True", done.stderr


def test_a_server_that_is_gone_is_not_asked_at_every_step(tmp_path, monkeypatch):
    monkeypatch.setattr("rnnctl.trackers.mlflow.SECONDS", 60.0)
    asked = []

    class Gone:
        def log_batch(self, *arguments, **more):
            asked.append(more)
            raise OSError("gone")

    tracker = Mlflow("http://127.0.0.1:9", tmp_path)
    tracker._client = Gone()
    for number in range(1, 1000):
        with suppress(OSError):
            tracker.step(made_step(number))
        if number % 100 == 0:
            with suppress(OSError):
                tracker.weights(number, {})
    assert len(asked) == 1
    tracker._flushed -= 60.0
    with pytest.raises(OSError, match="gone"):
        tracker.step(made_step(1000))
    assert len(asked) == 2
