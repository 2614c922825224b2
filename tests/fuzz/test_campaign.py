"""A few hundred cases of the campaign; see `fuzz.campaign` for thousands, and for what each is held to."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.campaign import SECONDS, WORDS, Failure, run_case
from fuzz.generators import GENERATORS

CASES = 35


@pytest.mark.parametrize("kind", GENERATORS)
def test_hostile_input_is_answered(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path))
    failures = [failure for seed in range(CASES) if (failure := run_case(kind, seed)) is not None]
    assert not failures, "\n".join(map(str, failures))


def _outcome(monkeypatch: pytest.MonkeyPatch, command: object) -> Failure:
    monkeypatch.setattr("fuzz.campaign.run", command)
    failure = run_case("csv", 1)
    assert failure is not None
    return failure


def test_what_the_campaign_looks_for_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(arguments: list[str]) -> int:
        raise BaseException("it passes every boundary")

    def change(arguments: list[str]) -> int:
        Path(next(argument for argument in arguments if "/" in argument)).with_name("t.csv").write_text("lost")
        return 2

    def speak(arguments: list[str]) -> int:
        print(WORDS[0], "\x1b[31m")
        return 1

    monkeypatch.setattr("fuzz.campaign.SECONDS", 0.0)
    assert any("exit code" in reason for reason in _outcome(monkeypatch, panic).reasons)
    assert any("it changed" in reason for reason in _outcome(monkeypatch, change).reasons)
    assert {"it says 'Traceback'", "it writes U+001B"} < set(_outcome(monkeypatch, speak).reasons)
    assert any("it took" in reason for reason in _outcome(monkeypatch, lambda arguments: 0).reasons)
    assert SECONDS == 5
