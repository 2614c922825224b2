"""What ``--tensorboard`` writes, read back by TensorBoard itself."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
from cli.fakes import header, step
from trackers.followed import CONFIG, killed_after_five, refuse

from rnnctl.errors import RunError
from rnnctl.model.weights import weight_arrays
from rnnctl.runs.run_folder import RunFolder
from rnnctl.trackers.following import Following
from rnnctl.trackers.tensorboard import TensorBoard
from rnnctl.trackers.tracker import Beginning
from rnnctl.workflows.resume import resume_steps
from rnnctl.workflows.train import train_steps

pytest.importorskip("tensorboard", reason="TensorBoard is not installed: pip install '.[tensorboard]'")
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_ndarray

WEIGHTS = ("recurrent_0/kernel", "recurrent_0/recurrent_kernel", "recurrent_0/bias", "head/kernel", "head/bias")
EVERYTHING = {"scalars": 0, "tensors": 0}


def _read(folder):
    read = event_accumulator.EventAccumulator(str(folder), size_guidance=EVERYTHING)
    read.Reload()
    return read


def _plugins_read(folder):
    """As TensorBoard's own pages read."""
    read = plugin_event_accumulator.EventAccumulator(str(folder))
    read.Reload()
    return read


def _kept(validations):
    """Steps whose weights are kept: the first, checkpoints that are due or the best so far, the last."""
    return sorted({0, 2, 4, 6, 8, 9} | {found.step for found in validations if found.is_best})


def _scalars(read, tag):
    return [(event.step, np.float32(event.value)) for event in read.Scalars(tag)]


def _tensors(read, tag):
    return {event.step: make_ndarray(event.tensor_proto) for event in read.Tensors(tag)}


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    run = train_steps(CONFIG, out=tmp_path_factory.mktemp("runs"), following=Following([TensorBoard()], refuse))
    records = list(run)
    return run, records, _read(run.folder / "tensorboard")


def test_every_number_of_every_step_reads_back(followed):
    _, records, read = followed
    for tag, of in (
        ("loss", lambda record: record.loss),
        ("gradient_norm", lambda record: record.gradient_norm),
        ("clipped_norm", lambda record: record.clipped_norm),
        ("learning_rate", lambda record: record.learning_rate),
        *((f"gradient_norms/{path}", lambda record, path=path: record.gradient_norms[path]) for path in WEIGHTS),
    ):
        assert _scalars(read, tag) == [(record.step, np.float32(of(record))) for record in records]


def test_the_state_gradients_ends_and_their_way_through_time_read_back(followed):
    _, records, read = followed
    measured = {record.step: record.state_gradient_norms["recurrent_0/h"] for record in records if record.step % 2}
    tag = "state_gradient_norms/recurrent_0/h"
    for end, place in (("first", 0), ("last", -1)):
        assert _scalars(read, f"{tag}/{end}") == [(at, np.float32(norms[place])) for at, norms in measured.items()]
    drawn = _tensors(read, tag)
    assert drawn.keys() == measured.keys()
    for at, buckets in drawn.items():
        np.testing.assert_array_equal(buckets[:, :2], [[0, 1], [1, 2], [2, 3], [3, 4]])
        np.testing.assert_array_equal(buckets[:, 2], measured[at])


def test_validations_and_test_metrics_read_back(followed):
    run, _, read = followed
    assert _scalars(read, "validation_loss") == [(found.step, np.float32(found.loss)) for found in run.validations]
    assert len(run.validations) == 3
    for name, value in run.summary.metrics.items():
        assert _scalars(read, name) == [(9, np.float32(value))]


def test_weights_are_histograms_at_the_start_at_checkpoints_and_at_the_end(followed):
    run, _, read = followed
    for path, array in weight_arrays(run.model).items():
        histograms = _tensors(read, f"weights/{path}")
        assert list(histograms) == _kept(run.validations)
        last = histograms[9]
        assert last[:, 2].sum() == array.size
        assert last[0, 0] == pytest.approx(array.min(), abs=1e-6)
        assert last[-1, 1] == pytest.approx(array.max(), abs=1e-6)


def test_tensorboards_own_plugins_find_them(followed):
    run, _, _ = followed
    read = _plugins_read(run.folder / "tensorboard")
    assert {"loss", "validation_loss"} <= read.PluginTagToContent("scalars").keys()
    assert {"weights/head/bias", "state_gradient_norms/recurrent_0/h"} <= read.PluginTagToContent("histograms").keys()
    assert read.PluginTagToContent("text").keys() == {"config", "steps"}


def test_a_run_that_goes_on_has_each_step_once(tmp_path):
    folder, steps = killed_after_five(tmp_path, TensorBoard())
    assert [at for at, _ in _scalars(_read(folder / "tensorboard"), "loss")] == [1, 2, 3, 4, 5]
    again = resume_steps(folder, following=Following([TensorBoard()], refuse))
    resumed = list(again)
    assert [record.step for record in resumed] == [5, 6, 7, 8, 9]
    read = _read(folder / "tensorboard")
    assert _scalars(read, "loss") == [(at.step, np.float32(at.loss)) for at in (*steps[:4], *resumed)]
    read = _plugins_read(folder / "tensorboard")
    assert [event.step for event in read.Tensors("loss")] == list(range(1, 10))
    assert list(dict.fromkeys(event.step for event in read.Tensors("weights/head/bias"))) == _kept(again.validations)


def test_runs_get_folders_of_their_own_in_the_folder_that_is_named(tmp_path):
    for number in (1, 2):
        tracker = TensorBoard(tmp_path / "tb")
        tracker.begin(_beginning(None))
        tracker.step(step(1))
        tracker.end("finished", None)
        assert [at for at, _ in _scalars(_read(tmp_path / "tb" / f"first-step-{number}"), "loss")] == [1]
    with RunFolder.create(tmp_path / "runs", "<script>../a") as folder:
        tracker = TensorBoard(tmp_path / "tb")
        tracker.begin(_beginning(folder.path))
        tracker.end("finished", None)
        assert (tmp_path / "tb" / folder.path.name).is_dir()
        assert tracker.name == f"TensorBoard in {tmp_path / 'tb' / folder.path.name}"


def test_numbers_that_are_not_finite_are_written_as_they_are_and_drawn_without_height(tmp_path):
    tracker = TensorBoard(tmp_path)
    tracker.begin(_beginning(None))
    tracker.step(step(1, loss=float("nan"), norm=float("inf"), states={"recurrent_0/h": (float("nan"), 2.0)}))
    tracker.weights(1, {"w": np.array([np.nan, 1.0, np.inf])})
    tracker.end("failed", None)
    read = _read(tmp_path / "first-step-1")
    assert np.isnan(read.Scalars("loss")[0].value)
    assert read.Scalars("gradient_norm")[0].value == np.inf
    assert _tensors(read, "state_gradient_norms/recurrent_0/h")[1][:, 2].tolist() == [0.0, 2.0]
    assert _tensors(read, "weights/w")[1][:, 2].sum() == 1


def test_a_disk_that_is_full_in_the_middle_is_told_once_and_training_goes_on(tmp_path, monkeypatch):
    write, left, messages = RecordWriter.write, [40], []

    def fill(writer, data):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(writer, data)

    monkeypatch.setattr(RecordWriter, "write", fill)
    run = train_steps(CONFIG, out=tmp_path, following=Following([TensorBoard()], messages.append))
    assert len(list(run)) == 9
    assert len(messages) == 1
    assert "tensorboard: cannot be written: " in messages[0]
    assert "No space left on device" in messages[0]
    assert run.summary.stopped == "finished"
    assert len(_scalars(_read(run.folder / "tensorboard"), "loss")) < 9


def test_a_place_where_no_folder_can_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file/first-step-1: cannot create it: Not a directory"):
        TensorBoard(tmp_path / "file").begin(_beginning(None))
    with pytest.raises(RunError, match=r"file: cannot create it: .* with --tensorboard"):
        train_steps(CONFIG, out=tmp_path / "runs", following=Following([TensorBoard(tmp_path / "file")]))
    assert not (tmp_path / "runs").exists()


def _beginning(folder):
    return Beginning(header(), CONFIG, {}, folder, 0, {})
