from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnctl.cli.console.style import Style
from rnnctl.cli.main import run
from rnnctl.cli.smoke import smoke_lines, smoke_total
from rnnctl.results.checks import SMOKE_CHECKS, SmokeCheck, SmokeReport

GOOD = SmokeReport(Path("configs/gru.yaml"), tuple(SmokeCheck(name, "fine") for name in SMOKE_CHECKS), "healthy", 3.21)
BAD = SmokeReport(
    Path("configs/long-name.yaml"),
    (SmokeCheck("loads", "configs/long-name.yaml:1:1: data: missing\x1b", passed=False),),
    None,
    0.04,
)

SHOWN = """\
config                  loads  forward  finite  gradient  same bits  resumes  verdict  seconds
configs/gru.yaml           ok       ok      ok        ok         ok       ok       ok      3.2  healthy
configs/long-name.yaml  FAILS        –       –         –          –        –        –      0.0
    loads: configs/long-name.yaml:1:1: data: missing\\x1b

2 configs in 3 s: 1 with a check that fails
"""


def test_a_line_grows_for_each_config_and_failures_say_why():
    style, paths = Style(120, terminal=False, colour=False), [GOOD.path, BAD.path]
    lines = [*smoke_lines(GOOD, paths, style, titled=True), *smoke_lines(BAD, paths, style, titled=False)]
    lines += ["", smoke_total([GOOD, BAD])]
    assert "\n".join(lines) + "\n" == SHOWN


@pytest.fixture
def reports(monkeypatch):
    import rnnctl.workflows.smoke as module

    monkeypatch.setattr(module, "smoke", lambda paths, **_: iter([GOOD, BAD][: len(paths)]))


def test_the_command_writes_json_lines_and_junit_and_fails_where_a_check_does(reports, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    junit = tmp_path / "smoke.xml"
    assert run(["smoke", "a.yaml", "b.yaml", "--json", "--junit", str(junit)]) == 5
    out, err = capsys.readouterr()
    good, bad = map(json.loads, out.splitlines())
    assert (good["passed"], bad["passed"], good["verdict"]) == (True, False, "healthy")
    assert bad["checks"][0]["message"].startswith("configs/long-name.yaml:1:1")
    assert err == "error: smoke: 1 of 2 configs fail\n"
    assert junit.exists()
    assert run(["smoke", "a.yaml"]) == 0


def test_a_defect_is_told_with_its_traceback_on_stderr_and_in_the_json(reports, capsys, monkeypatch):
    import rnnctl.workflows.smoke as module

    trace = "Traceback (most recent call last):\n  …\nKeyError: '\x1b'\n"
    defect = SmokeReport(
        Path("a.yaml"), (SmokeCheck("loads", "unexpected KeyError: x", passed=False, traceback=trace),), None, 0.1
    )
    monkeypatch.setattr(module, "smoke", lambda paths, **_: iter([defect, GOOD]))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert run(["smoke", "a.yaml", "b.yaml"]) == 5
    out, err = capsys.readouterr()
    assert "loads: unexpected KeyError: x" in out
    assert out.endswith("2 configs in 3 s: 1 with a check that fails\n")
    assert err.startswith(
        "a.yaml: loads: most likely a defect of rnnctl; please report it with what follows:\nTraceback"
    )
    assert "KeyError: '\\x1b'" in err
    assert run(["smoke", "a.yaml", "b.yaml", "--json"]) == 5
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["checks"][0]["traceback"] == trace
    assert not any("traceback" in check for check in second["checks"])


def test_failures_are_annotated_in_github_actions(reports, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run(["smoke", "a.yaml", "b.yaml"]) == 5
    assert "\n::error file=configs/long-name.yaml,title=rnnctl smoke%3A loads::" in capsys.readouterr().out


def test_a_folder_without_configs_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["smoke"]) == 2
    assert capsys.readouterr().err == "configs: holds no *.yaml; name the configs to check\n"
