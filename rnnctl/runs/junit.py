"""Smoke reports for the machines that read them: JUnit XML, and GitHub's annotations.

A check that does not hold is a failure; one that could not be made, most likely for a defect of rnnctl, is an error
with its traceback.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from rnnctl.results.checks import SmokeReport
from rnnctl.runs.run_files import write_output

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(reports: Sequence[SmokeReport]) -> str:
    """Reports as JUnit XML: a test suite for each config, a test case for each check."""
    root = ElementTree.Element("testsuites", name="rnnctl smoke")
    for report in reports:
        path, checks, seconds = _text(str(report.path)), str(len(report.checks)), f"{report.seconds:.3f}"
        suite = ElementTree.SubElement(root, "testsuite", name=path, tests=checks, skipped="0", time=seconds)
        for check in report.checks:
            case = ElementTree.SubElement(suite, "testcase", classname=path, name=check.name, time="0")
            if not check.passed:
                kind = "failure" if check.traceback is None else "error"
                failure = ElementTree.SubElement(case, kind, message=_text(check.message.partition("\n")[0]))
                failure.text = _text(check.traceback or check.message)
        for kind in ("failure", "error"):
            suite.set(f"{kind}s", str(len(suite.findall(f"testcase/{kind}"))))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def write_junit(reports: Sequence[SmokeReport], path: Path) -> None:
    """Writes reports to a file, whole or not at all.

    Raises:
        RunError: It cannot be written.
    """
    write_output(path, ('<?xml version="1.0" encoding="UTF-8"?>\n' + junit_xml(reports)).encode())


def github_annotations(reports: Sequence[SmokeReport]) -> list[str]:
    """A line for each failed check, as GitHub Actions reads them from a step's output."""
    lines = []
    for report in reports:
        for check in report.checks:
            if not check.passed:
                title = _property(f"rnnctl smoke: {check.name}")
                lines.append(f"::error file={_property(str(report.path))},title={title}::{_data(check.message)}")
    return lines


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
