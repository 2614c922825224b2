from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from rnnctl.errors import RunError
from rnnctl.results.checks import SmokeCheck, SmokeReport
from rnnctl.runs.junit import github_annotations, junit_xml, write_junit

REPORTS = [
    SmokeReport(Path("configs/a.yaml"), (SmokeCheck("loads", "fine"), SmokeCheck("finite", "fine")), "healthy", 1.25),
    SmokeReport(
        Path("configs/<b>,c:d.yaml"),
        (SmokeCheck("loads", "50 % of it\nis \x1b[31m wrong", passed=False),),
        None,
        0.5,
    ),
]


def test_a_suite_for_each_config_and_a_case_for_each_check():
    root = ElementTree.fromstring(junit_xml(REPORTS))
    suites = root.findall("testsuite")
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites] == [
        ("configs/a.yaml", "2", "0"),
        ("configs/<b>,c:d.yaml", "1", "1"),
    ]
    (failure,) = root.iter("failure")
    assert failure.get("message") == "50 % of it"
    assert failure.text == "50 % of it\nis \ufffd[31m wrong"


def test_what_kept_a_check_from_being_made_is_an_error_with_its_traceback():
    check = SmokeCheck("forward", "unexpected KeyError: 'x'", passed=False, traceback="Traceback …\nKeyError: 'x'\n")
    failing = SmokeCheck("finite", "nan", passed=False)
    root = ElementTree.fromstring(junit_xml([SmokeReport(Path("a.yaml"), (check, failing), None, 0.5)]))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")
    (error,) = root.iter("error")
    assert (error.get("message"), error.text) == (check.message, check.traceback)


def test_only_failures_are_annotated_and_nothing_in_them_ends_the_command():
    assert github_annotations(REPORTS) == [
        "::error file=configs/<b>%2Cc%3Ad.yaml,title=rnnctl smoke%3A loads::50 %25 of it%0Ais \x1b[31m wrong"
    ]


def test_the_file_is_whole_or_not_there(tmp_path):
    write_junit(REPORTS, tmp_path / "smoke.xml")
    assert ElementTree.parse(tmp_path / "smoke.xml").getroot().tag == "testsuites"
    assert [file.name for file in tmp_path.iterdir()] == ["smoke.xml"]
    with pytest.raises(RunError, match="nowhere"):
        write_junit(REPORTS, tmp_path / "nowhere" / "smoke.xml")
