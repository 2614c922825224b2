"""Writes the fourth checkpoint of a run in a process that dies at one of its calls, for every call in turn.

``python crash_at_every_call.py FOLDER``; the run after the death at call N is FOLDER/N. Run as a process of its own,
because it forks, which a process with TensorFlow's threads must not.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from crashing import WatchedDisk, die, snapshot

from rnnctl.runs.checkpoints import keep_newest, write_checkpoint


def write(run: Path, step: int, disk: WatchedDisk) -> None:
    with disk:
        write_checkpoint(run, snapshot(step), {"epoch": 1})
        keep_newest(run, 2, 1)


def main() -> None:
    folder = Path(sys.argv[1])
    start = folder / "start"
    start.mkdir()
    for step in (1, 2, 3):
        write(start, step, WatchedDisk())
    shutil.copytree(start, folder / "all")
    whole = WatchedDisk()
    write(folder / "all", 4, whole)
    for call in range(1, len(whole.calls) + 1):
        run = folder / str(call)
        shutil.copytree(start, run)
        child = os.fork()
        if child == 0:
            write(run, 4, WatchedDisk(call, die))
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 9:
            sys.exit(f"the process did not die at call {call}")
    print(",".join(whole.calls))


if __name__ == "__main__":
    main()
