"""How long compiling usually takes: from what this machine took, and nothing where that is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnctl import programs
from rnnctl.training import compile_times
from rnnctl.training.compile_times import FILE, MOST, note, usual_seconds
from rnnctl.util.cache_folder import NAME


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path))
    monkeypatch.setattr(programs, "kept", lambda: ("a key", 0))
    return tmp_path / NAME


def test_it_is_the_median_of_the_seconds_an_operation_of_the_programs_next_in_size(cache: Path) -> None:
    assert usual_seconds(1_000, None) is None
    note(1_000, 5.0)
    assert usual_seconds(2_000, 0.1) == pytest.approx(10.0)
    for operations, seconds in (
        (2_000, 12.0),
        (2_100, 12.6),
        (1_900, 9.5),
        (2_200, 22.0),
        (50_000, 1.0),
        (90_000, 1.0),
    ):
        note(operations, seconds)
    # 5, 6, 6, 5 and 10 ms an operation of the five next to it.
    assert usual_seconds(2_000, None) == pytest.approx(2_000 * 6e-3)


def test_where_no_other_is_known_it_follows_from_tracing_as_was_measured(cache: Path) -> None:
    assert usual_seconds(1_738, 3.41) == pytest.approx(17.05)  # measured: 17.2 s for two bidirectional layers of LSTM
    assert usual_seconds(2_647, 5.56) == pytest.approx(27.8)  # measured: 22.7 s for three of GRU
    assert usual_seconds(2_647, None) is None


def test_the_last_ones_are_kept(cache: Path) -> None:
    for number in range(MOST + 5):
        note(1_000 + number, 1.0)
    assert [operations for operations, _ in compile_times._read()] == list(range(1_005, 1_005 + MOST))


def test_those_of_another_machine_or_tensorflow_do_not_count(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note(1_000, 5.0)
    monkeypatch.setattr(programs, "kept", lambda: ("another key", 0))
    assert usual_seconds(1_000, None) is None
    note(1_000, 7.0)
    assert usual_seconds(1_000, None) == pytest.approx(7.0)


def test_a_damaged_file_is_begun_anew(cache: Path) -> None:
    note(1_000, 5.0)
    (cache / FILE).write_bytes((cache / FILE).read_bytes().replace(b"1000", b"1"))
    assert usual_seconds(1_000, None) is None
    note(1_000, 6.0)
    assert usual_seconds(1_000, None) == pytest.approx(6.0)


def test_where_no_programs_are_kept_or_nothing_can_be_written_nothing_is(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(programs, "kept", lambda: None)
    note(1_000, 5.0)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(programs, "kept", lambda: ("a key", 0))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "file"))
    note(1_000, 5.0)
    assert usual_seconds(1_000, None) is None
