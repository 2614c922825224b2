"""Folders that may not be written or read: told, with what to do. Root is made to heed permissions like anybody."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rnnctl
from rnnctl.runs.run_folder import RunFolder

_HEED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")


def told(code: str, *arguments: Path) -> str:
    """What a line of Python says, in a process that permissions hold for."""
    prefix = _HEED if os.geteuid() == 0 else ()
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip("root ignores permissions, and there is no setpriv to make it heed them")
    program = (
        "import sys\nfrom pathlib import Path\nfrom rnnctl.errors import RunError\n"
        "from rnnctl.runs.run_folder import RunFolder\nfrom rnnctl.runs.listing import list_runs\n"
        "from rnnctl.runs.run_check import check_run\na = Path(sys.argv[1])\n"
        f"try:\n    print({code})\nexcept RunError as error:\n    print(error)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(rnnctl.__file__).parents[1])}
    command = [*prefix, sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """A folder with one run in it, which can be removed again whatever was done to it."""
    with RunFolder.create(tmp_path / "runs", "a") as folder:
        folder.write_config("data: {kind: dummy}\n")
        folder.write_environment({"format": 2})
    yield tmp_path / "runs"
    for path in (tmp_path / "runs", folder.path):
        path.chmod(0o755)


def test_a_folder_of_runs_that_may_not_be_written_to_is_told(runs: Path) -> None:
    runs.chmod(0o555)
    assert told("RunFolder.create(a, 'a').path", runs) == (
        f"{runs}/a-2: cannot create it: Permission denied; make it writable, or choose a folder that you may write to "
        "with --out"
    )
    assert told("RunFolder.create(a / 'b' / 'c', 'a').path", runs).startswith(f"{runs}/b/c: cannot create it: Perm")


def test_a_run_that_may_not_be_written_to_is_not_gone_on_with(runs: Path) -> None:
    (runs / "a-1" / ".lock").chmod(0o444)
    assert told("RunFolder(a).path", runs / "a-1").startswith(
        f"{runs}/a-1/.lock: cannot create it: Permission denied; make the run's folder writable, or copy it to where "
        "you may write, and use the copy"
    )


def test_a_copy_of_a_run_that_may_not_be_written_to_is_written_to_as_the_advice_says(
    runs: Path, tmp_path: Path
) -> None:
    (runs / "a-1").chmod(0o555)
    write = "write_file(a / 'test.json', b'{}') or 'written'"
    code = f"__import__('rnnctl.runs.run_files', fromlist=['write_file']).{write}"
    assert told(code, runs / "a-1") == (
        f"{runs}/a-1/test.json: cannot write it: Permission denied; make the run's folder writable, or copy it to "
        "where you may write, and use the copy"
    )
    (tmp_path / "copy").mkdir()
    for path in (runs / "a-1").iterdir():
        shutil.copyfile(path, tmp_path / "copy" / path.name)
    assert told(code, tmp_path / "copy") == "written"


def test_a_file_that_may_not_be_read_is_told(runs: Path) -> None:
    (runs / "a-1" / "environment.json").chmod(0)
    assert told("check_run(a)", runs / "a-1") == (
        f"{runs}/a-1/environment.json: cannot read it: Permission denied; you may not read it: change its "
        "permissions, or ask whose it is"
    )


def test_a_run_that_may_not_be_looked_into_is_listed_as_unreadable(runs: Path) -> None:
    (runs / "a-1").chmod(0)
    assert told("[(run.name, run.state) for run in list_runs(a)]", runs) == "[('a-1', 'unreadable')]"
    runs.chmod(0)
    assert "cannot read it: Permission denied" in told("list_runs(a)", runs)
