"""Trackers are told in order, beside training; what they raise never reaches it."""

from __future__ import annotations

import itertools
import shutil
import socket
import ssl
import threading

import numpy as np
import pytest
from cli.fakes import header, step, summary
from small import small_config, with_split

from rnnctl.errors import RunError
from rnnctl.results.training import ValidationRecord
from rnnctl.runs.jsonl import read_steps
from rnnctl.trackers.following import AT_ONCE, Following
from rnnctl.trackers.reasons import reason_of
from rnnctl.trackers.tracker import Beginning, MissingExtraError, require
from rnnctl.workflows.resume import resume_steps
from rnnctl.workflows.train import TrainRun, train_steps


class Noting:
    """Notes what it is told; raises where it is asked to."""

    whole = 4

    def __init__(self, *fails: str) -> None:
        self.told: list[tuple] = []
        self.fails = fails

    name = "a notebook"

    def check(self, folder):
        if "check" in self.fails:
            raise RunError("a notebook: there is no ink")

    def _note(self, what, *told):
        self.told.append((what, *told))
        if what in self.fails:
            raise OSError("the ink\nran out")

    def begin(self, beginning):
        self._note("begin", beginning)

    def step(self, record):
        self._note("step", record.step)

    def validation(self, record):
        self._note("validation", record.step)

    def weights(self, step, arrays):
        self._note("weights", step, {path: np.array(array) for path, array in arrays.items()})

    def end(self, end, summary):
        self._note("end", end, None if summary is None else summary.steps)

    def of(self, *kinds):
        return [told[:2] for told in self.told if told[0] in kinds]


CONFIG = small_config(data=with_split(), training={"epochs": 8, "batch_size": 4}, checkpoints={"steps": 9})


def test_a_run_is_told_from_begin_to_end_in_order_and_thinned(tmp_path):
    noting = Noting()
    run = train_steps(CONFIG, out=tmp_path, following=Following([noting]))
    list(run)
    assert noting.told[0][0] == "begin"
    beginning = noting.told[0][1]
    assert (beginning.step, beginning.folder, beginning.config) == (0, run.folder, CONFIG)
    assert beginning.environment["versions"]["rnnctl"]
    # All up to 8, every second up to 16, every fourth up to 32, and the last.
    steps = [1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 17, 21, 24]
    assert noting.of("step") == [("step", number) for number in steps]
    assert noting.of("validation") == [("validation", number) for number in range(3, 25, 3)]
    assert {0, 9, 18, 24} <= {told[1] for told in noting.of("weights")}
    assert noting.of("weights")[-1] == ("weights", 24)
    assert noting.told[-1] == ("end", "finished", 24)
    np.testing.assert_array_equal(
        noting.told[1][2]["recurrent_0/kernel"], beginning.weights["recurrent_0/kernel"]
    )  # the weights of step 0


def test_a_tracker_that_fails_is_told_once_and_training_goes_on(tmp_path):
    messages = []
    noting, other = Noting("step", "validation", "end"), Noting()
    run = train_steps(CONFIG, out=tmp_path, following=Following([noting, other], messages.append))
    assert len(list(run)) == 24
    assert len(read_steps(run.folder / "steps.jsonl")) == 24
    assert messages == [
        "a notebook: cannot be written: the ink ran out; training goes on, and the run folder is complete"
    ]
    assert noting.of("step", "validation", "end") == other.of("step", "validation", "end")


def test_a_tracker_that_cannot_begin_ends_the_run_before_its_first_step(tmp_path):
    class Refusing(Noting):
        def begin(self, beginning):
            raise RunError("a notebook: cannot be opened")

    first = Noting()
    run = train_steps(CONFIG, out=tmp_path, following=Following([first, Refusing()]))
    with pytest.raises(RunError, match=r"^a notebook: cannot be opened\n"):
        list(run)
    assert first.told[-1] == ("end", "failed", None)
    assert not (run.folder / "steps.jsonl").exists()


def test_a_tracker_that_cannot_follow_is_found_out_before_there_is_a_run_folder(tmp_path):
    with pytest.raises(RunError, match="there is no ink"):
        train_steps(CONFIG, out=tmp_path / "runs", following=Following([Noting("check")]))
    assert not (tmp_path / "runs").exists()


def test_a_tracker_that_cannot_follow_on_leaves_the_run_folder_as_it_is(tmp_path):
    run = TrainRun(CONFIG, tmp_path, (), until=12)
    list(run)
    shutil.rmtree(run.folder / "checkpoints" / "step-12")  # so that going on would take steps back

    def files():
        return {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}

    before = files()
    with pytest.raises(RunError, match="there is no ink"):
        resume_steps(run.folder, following=Following([Noting("check")]))
    assert files() == before
    assert [record.step for record in resume_steps(run.folder)][:4] == [10, 11, 12, 13]


def test_an_interrupted_run_and_one_that_is_left_end_as_interrupted(tmp_path):
    noting, left = Noting(), Noting()
    run = TrainRun(CONFIG, None, (), until=5, following=Following([noting]))
    list(run)
    assert noting.told[-1] == ("end", "interrupted", 5)
    records = iter(train_steps(CONFIG, following=Following([left])))
    next(records)
    records.close()
    assert left.told[-1] == ("end", "interrupted", None)


@pytest.mark.parametrize(
    ("error", "end"), [(KeyboardInterrupt(), "interrupted"), (RunError("disk"), "failed"), (ValueError(), "failed")]
)
def test_how_a_run_ends_is_told(error, end):
    noting = Noting()

    def run():
        with Following([noting]) as following:
            following.begin(_beginning())
            raise error

    with pytest.raises(type(error)):
        run()
    assert noting.told[-1] == ("end", end, None)


def test_training_that_became_non_finite_has_failed():
    noting = Noting()
    with Following([noting]) as following:
        following.begin(_beginning())
        following.add(step(1))
        following.add(ValidationRecord(1, 1, 0.5, is_best=True))
        following.finish(summary(stopped="non-finite", steps=1), None)
    assert noting.told[-1] == ("end", "failed", 1)


def test_a_tracker_that_hangs_holds_training_up_neither_in_the_middle_nor_at_a_second_interrupt(monkeypatch):
    let_go, waited = threading.Event(), []
    monkeypatch.setattr(threading.Thread, "join", lambda self, timeout=None: waited.append(timeout))

    class Hanging(Noting):
        def step(self, record):
            let_go.wait(60)

    following = Following([Hanging()])

    def run():
        with following:
            following.begin(_beginning())
            for number in range(1, 1000):
                following.add(step(number))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert waited == [AT_ONCE]
    assert not let_go.is_set()
    let_go.set()


def test_without_trackers_nothing_is_done():
    with Following() as following:
        assert not following
        following.add(step(1))
        following.finish(summary(), {})


def test_what_is_not_installed_is_told_with_what_to_install():
    with pytest.raises(MissingExtraError, match=r"^--mlflow needs no_such_one, .*: pip install 'rnnctl\[mlflow\]'$"):
        require("mlflow", "json", "no_such_one")
    require("mlflow", "json")
    assert MissingExtraError.exit_code == 2


def _beginning():
    return Beginning(header(), CONFIG, {}, None, 0, {})


def _raised(*errors):
    """The first error, raised from the second, and so on."""
    for above, below in itertools.pairwise(errors):
        above.__cause__ = below
    return errors[0]


class ReadTimeout(Exception):  # noqa: N818 - named as those of requests and urllib3 are
    pass


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (_raised(OSError("HTTPConnectionPool(host='a')"), socket.gaierror(-2, "x")), "there is no host of this name"),
        (_raised(ValueError("Max retries exceeded"), ReadTimeout()), "the server does not answer in time"),
        (_raised(ValueError("a"), ssl.SSLError(1, "x")), "no secure connection with the server can be made"),
        (_raised(ValueError("a"), ConnectionResetError(104, "x")), "the server ends the connection"),
        (ModuleNotFoundError("No module", name="psycopg"), "this needs the package psycopg, which is not installed"),
        (ValueError("to endpoint /x failed with error code 401 != 200. Body: <html>"),
         "the server answers 401 (Unauthorized)"),
        (ValueError("set MLFLOW_ALLOW_FILE_STORE=true"), "this MLflow keeps no runs in a folder; name a database, such "
         "as --mlflow=sqlite:////FOLDER/mlflow.db"),
        (ValueError("database  is\nlocked at http://a:secret@b"), "database is locked at http://b"),
        (ValueError(), "ValueError"),
    ],
)  # fmt: skip
def test_the_reason_is_told_in_plain_words(error, told):
    assert reason_of(error) == told
