"""Addresses without their passwords."""

from __future__ import annotations

import pytest

from rnnctl.runs.environment import describe_environment
from rnnctl.util.passwords import without_passwords


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://me:secret@host/x", "http://host/x"),
        ("--mlflow=https://token@host:5000/x?a=1", "--mlflow=https://host:5000/x?a=1"),
        ("http://me:se/cr@et@host/x", "http://host/x"),
        ("postgresql+psycopg://me:p%40w@db/x?password=secret&b=2", "postgresql+psycopg://db/x?password=&b=2"),
        ("see http://a:b@c, and http://d:e@f", "see http://c, and http://f"),
        ("sqlite:////a/b@c.db", "sqlite:////a/b@c.db"),
        ("http://host/a@b", "http://host/a@b"),
        ("data.path=a:b@c", "data.path=a:b@c"),
    ],
)
def test_user_and_password_are_left_out_and_nothing_else(text: str, expected: str) -> None:
    assert without_passwords(text) == expected


def test_the_recorded_command_line_holds_no_password() -> None:
    command = ["rnnctl", "train", "--mlflow", "http://me:secret@host/x", "--mlflow=http://me:secret@host/x"]
    assert describe_environment(command)["command"] == [
        "rnnctl",
        "train",
        "--mlflow",
        "http://host/x",
        "--mlflow=http://host/x",
    ]
