"""Why a store or server cannot be used, in a few plain words, whatever library says it."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

from rnnctl.util.passwords import without_passwords

_LONGEST = 300
_STATUS = re.compile(r"error code (\d{3})")
_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "no server answers at this address"),
    (socket.gaierror, "there is no host of this name"),
    (TimeoutError, "the server does not answer in time"),
    (ssl.SSLError, "no secure connection with the server can be made"),
    (ConnectionError, "the server ends the connection"),
)


def reason_of(error: BaseException) -> str:
    """What is wrong, from an error and those that it was raised from; the library's own words where nothing is known.

    Passwords in addresses are left out.
    """
    for inner in _chain(error):
        for kind, words in _KINDS:
            if isinstance(inner, kind):
                return words
        if type(inner).__name__.endswith("Timeout"):  # of requests and urllib3, which need not be there
            return "the server does not answer in time"
        if isinstance(inner, ModuleNotFoundError):
            return f"this needs the package {inner.name}, which is not installed"
    text = " ".join(without_passwords(str(error)).split())
    if (found := _STATUS.search(text)) is not None and int(found[1]) in set(HTTPStatus):
        return f"the server answers {found[1]} ({HTTPStatus(int(found[1])).phrase})"
    if "MLFLOW_ALLOW_FILE_STORE" in text:
        return "this MLflow keeps no runs in a folder; name a database, such as --mlflow=sqlite:////FOLDER/mlflow.db"
    return text[:_LONGEST] or type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error at the bottom first."""
    if (inner := error.__cause__ or error.__context__) is not None:
        yield from _chain(inner)
    yield error
