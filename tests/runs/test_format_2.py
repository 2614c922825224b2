"""A run folder that an earlier version wrote in format 2 opens, verifies and goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import rnnctl

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # get_weights

WRITTEN = Path(__file__).parent / "format_2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(WRITTEN, tmp_path / "format-2-1")
    return tmp_path / "format-2-1"


def test_it_opens(folder: Path) -> None:
    run = rnnctl.open_run(folder)
    assert (run.summary.steps, run.summary.stopped) == (4, "interrupted")
    assert run.history["step"].to_list() == [1, 2, 3, 4]
    assert run.history["validation_loss"].count() == 2
    assert run.history[-1, "loss"] == pytest.approx(run.summary.final_loss)
    assert len(run.model.get_weights()) == 5


def test_training_it_again_gives_the_recorded_numbers(folder: Path) -> None:
    report = rnnctl.verify(folder)
    # The same bits on the machine that wrote it, and the same numbers on any.
    for found in report.differences:
        assert found.again == pytest.approx(found.recorded, rel=1e-4)
    assert report.steps == 4 or report.differences


def test_it_goes_on_from_its_checkpoint(folder: Path) -> None:
    resumed = rnnctl.resume(folder, steps=8)
    config = resumed.config
    anew = rnnctl.train(config)
    assert resumed.summary.steps == anew.summary.steps == 8
    np.testing.assert_allclose(resumed.history["loss"], anew.history["loss"], rtol=1e-4)
    for one, other in zip(resumed.model.get_weights(), anew.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
