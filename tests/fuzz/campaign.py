"""Feeds hostile input to the command line, in one process, and says which of it was not answered as it should be.

``python tests/fuzz/campaign.py --cases 10000 --seed 1`` takes under half an hour. A case is a kind and a seed;
``--kind csv --seed 77 --cases 1`` repeats one. Every case is answered within `SECONDS` and `MEGABYTES`, with an exit
code that is documented, without a traceback, Python's own words or a character that steers a terminal, and a command
that fails changes no file.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from fuzz.generators import GENERATORS, SLOW_GENERATORS  # noqa: E402

from rnnctl.cli.main import run  # noqa: E402

SECONDS, MEGABYTES = 5.0, 2000
SLOW_SECONDS = 60.0
"""The same where networks are trained and programs compiled."""
CODES = {0, 1, 2, 3, 5}
WORDS = (
    *("Traceback", "defect of rnnctl", "invalid literal", "has no attribute", "codec can't", "NoneType", "Warning:"),
    *("panicked", "could not convert", "unhashable", "index out of range", "not iterable", "not subscriptable"),
    *("positional argument", "<class '", "KeyError", "ValueError", "TypeError", "object is not", "int too large"),
    *("JSONDecodeError", "UnicodeDecodeError", "ComputeError", "SchemaError", "InvalidOperationError", "must be real"),
)
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What no line holds: control characters, line ends but LF, marks that turn text around."""


@dataclass(frozen=True)
class Failure:
    """A case that was not answered as it should be."""

    kind: str
    seed: int
    arguments: tuple[str, ...]
    reasons: tuple[str, ...]
    output: str


class _TooLongError(BaseException):
    """A case took longer than `SECONDS`; no `Exception`, so that nothing takes it for an error of its own."""


def run_case(kind: str, seed: int) -> Failure | None:
    """Runs one case in a folder of its own; None where it is answered as it should be."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    term = os.environ.get("TERM", "")
    os.environ["TERM"] = "dumb"
    try:
        arguments = (GENERATORS | SLOW_GENERATORS)[kind](random.Random(f"{kind} {seed}"), folder)
        before = _content(folder)
        peak = _peak()
        longest = SLOW_SECONDS if kind in SLOW_GENERATORS else SECONDS
        code, output, seconds = _run(arguments, longest)
        reasons = [f"it says {word!r}" for word in WORDS if word in output]
        reasons += [f"it writes U+{ord(char):04X}" for char in sorted(set(STEERS.findall(output)))]
        if code not in CODES:
            reasons.append(f"its exit code is {code}")
        if seconds > longest:  # of the process, so that a busy machine is no failure; `_limited` ends what only waits
            reasons.append(f"it took {seconds:.1f} s")
        if (grown := _peak() - peak) > MEGABYTES:
            reasons.append(f"it took {grown:,} MB")
        after = _content(folder)
        made = {"new.yaml", "page.html", ".lock"}  # a lock is left by whoever asks whether a run is going on
        left = {path: content for path, content in after.items() if path in before or Path(path).name not in made}
        if left != before and (code != 0 or arguments[0] != "resume"):
            reasons.append(f"it changed {sorted(set(left.items()) ^ set(before.items()))[0][0]}")
        if code and not output.strip():
            reasons.append("it fails without a word")
        return Failure(kind, seed, tuple(arguments), tuple(reasons), output[-2000:]) if reasons else None
    finally:
        os.environ["TERM"] = term
        shutil.rmtree(folder, ignore_errors=True)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def _run(arguments: list[str], longest: float) -> tuple[int | str, str, float]:
    """The exit code, all that was written, and the seconds."""
    began = time.process_time()
    with _written() as output:
        try:
            with _limited(longest), warnings.catch_warnings():
                warnings.simplefilter("always")
                code: int | str = run(arguments)
        except BaseException as error:
            code = f"{type(error).__name__}: {error}"
    return code, output(), time.process_time() - began


@contextmanager
def _limited(longest: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TooLongError(f"longer than {longest:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(2.0, 4 * longest))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Terminal(io.TextIOWrapper):
    """A terminal, so that nobody takes escape codes out on the way; with ``TERM=dumb`` no command writes any."""

    def isatty(self) -> bool:
        return True


@contextmanager
def _written() -> Iterator:
    """Takes what is written to the streams and, by libraries, to the process's standard error."""
    text = _Terminal(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    streams = sys.stdout, sys.stderr
    real, held = os.dup(2), os.memfd_create("fuzz")
    os.dup2(held, 2)
    sys.stdout = sys.stderr = text
    found: list[str] = []
    try:
        yield lambda: found[0]
    finally:
        sys.stdout, sys.stderr = streams
        os.dup2(real, 2)
        size = os.fstat(held).st_size
        raw = text.detach().getvalue() if not text.closed else b""
        found.append((raw + os.pread(held, size, 0)).decode("utf-8", "replace"))
        os.close(held)
        os.close(real)


def campaign(cases: int, seed: int, kinds: list[str]) -> list[Failure]:
    """Runs cases of all kinds in turn, from a seed on."""
    found = (run_case(kinds[number % len(kinds)], seed + number // len(kinds)) for number in range(cases))
    return [failure for failure in found if failure is not None]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=GENERATORS | SLOW_GENERATORS)
    given = parser.parse_args()
    began = time.perf_counter()
    kinds = [given.kind] if given.kind else list(GENERATORS)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["RNNCTL_CACHE"] = cache
        failures = campaign(given.cases, given.seed, kinds)
    for failure in failures:
        print(f"\n== --kind {failure.kind} --seed {failure.seed} --cases 1: {'; '.join(failure.reasons)}")
        print(f"   rnnctl {' '.join(map(repr, failure.arguments))[:500]}\n{failure.output}")
    print(f"\n{given.cases:,} cases in {time.perf_counter() - began:.0f} s, {len(failures)} answered wrongly")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
