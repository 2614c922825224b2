"""The README's blocks that show what commands print: found, checked and renewed.

A block begins with ``<!-- shows: COMMAND -->``. Run this file to renew every block with what its command prints now
(``python tests/readme.py``), or only those whose command holds a word (``python tests/readme.py sunspots``).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
_BLOCK = re.compile(r"<!-- shows: (?P<command>[^\n]+) -->\n```(?P<kind>\w+)\n(?P<text>.*?)```\n", re.DOTALL)


def shown_blocks(text: str) -> dict[str, str]:
    """What the README shows of each command, without the line that repeats the command."""
    return {match["command"]: match["text"].split("\n", 1)[1] for match in _BLOCK.finditer(text)}


def run(command: str) -> str:
    """What a command prints, stdout and stderr together, in a pipe 100 columns wide."""
    environment = os.environ | {"COLUMNS": "100", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=README.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def main() -> None:
    """Renews the blocks."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    commands = [command for command in shown_blocks(README.read_text(encoding="utf-8")) if wanted in command]
    printed = {command: run(command).rstrip("\n") for command in commands}

    def renew(match: re.Match[str]) -> str:
        command = match["command"]
        if command not in printed:
            return match[0]
        return f"<!-- shows: {command} -->\n```{match['kind']}\n$ {command}\n{printed[command]}\n```\n"

    README.write_text(_BLOCK.sub(renew, README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
