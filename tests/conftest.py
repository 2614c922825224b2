"""What all tests share: a silent TensorFlow, and where the repository is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from printed import PRINTED
from shared_programs import share_programs

from rnnctl.backend import set_environment
from rnnctl.cli.console import progress

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["RNNCTL_PROGRAMS"] = "never"  # no test finds what another compiled

set_environment()  # before any test uses XLA, so that numbers have the same digits whichever test comes first

progress.PATIENCE_OF_A_FILE = 3600.0  # what compiles long on a slow machine is no output that a test compares

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("untimed")

pytest_plugins = ["config_fixtures", "csv_fixtures"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's top folder."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def parquet_is_read_at_once() -> Iterator[None]:
    """No Parquet file of a test is read in a process of its own first, which takes half a second; see its own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnctl.tables.parquet_scan.check_readable", lambda path: None)
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """What a test compiled is not compiled again; where none has imported TensorFlow yet, there is nothing to do."""
    share_programs()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows what tests have recorded to be shown, whichever process they ran in."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == PRINTED and report.when == "call":
                    terminalreporter.section(report.nodeid)
                    terminalreporter.write_line(text)
