from __future__ import annotations

import json
import os
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.runs import run_files
from rnnctl.runs.run_files import last_json_line, open_plain, small_json


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.one_of(st.just(b"garbage"), st.just(b""), st.integers(0, 99).map(lambda n: b'{"n": %d}' % n))),
    cut=st.binary(max_size=9).filter(lambda data: b"\n" not in data),
    furthest=st.integers(1, 400),
)
def test_the_last_whole_object_near_enough_to_the_end_is_found(lines, cut, furthest, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("tail") / "steps.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines) + cut)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_files, "BLOCK", furthest // 4)
        patch.setattr(run_files, "FURTHEST", furthest)
        found = last_json_line(path)
    ends = list(accumulate((len(line) + 1 for line in reversed(lines)), initial=len(cut)))[1:]
    near = [
        line for line, end in zip(reversed(lines), ends, strict=True) if end < furthest or end <= ends[-1] <= furthest
    ]
    whole = [json.loads(line) for line in near if line.startswith(b"{")]
    assert found == (whole[0] if whole else None)


def test_only_a_line_that_holds_what_is_asked_for_counts(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{"is_best": true, "n": 1}\n{"is_best": false, "n": 2}\n')
    assert last_json_line(tmp_path / "a", b'"is_best": true') == {"is_best": True, "n": 1}
    assert last_json_line(tmp_path / "missing") is None


def test_no_more_than_a_megabyte_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'{"n": 1}\n' + b"x" * run_files.FURTHEST + b"\n")
    assert last_json_line(tmp_path / "a") is None


def test_links_pipes_and_folders_are_no_plain_files(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text('{"n": 1}\n')
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    descriptors = set(Path("/proc/self/fd").iterdir())
    for name in ("link", "pipe", "folder"):
        with pytest.raises(OSError, match=r"link|plain file"), open_plain(tmp_path / name):
            pass
        with pytest.raises(OSError, match=r"link|plain file"):
            small_json(tmp_path / name)
    assert set(Path("/proc/self/fd").iterdir()) == descriptors


def test_json_that_is_no_object_or_too_deep_is_told(tmp_path: Path) -> None:
    assert small_json(tmp_path / "missing") is None
    for text in ("[1]", "{", "[" * 100_000):
        (tmp_path / "a").write_text(text)
        with pytest.raises(ValueError, match=r"."):
            small_json(tmp_path / "a")
