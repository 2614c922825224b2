"""Opening an MLflow store quietly, without telemetry and without minutes of retries."""

from __future__ import annotations

import logging
import os
from contextlib import closing
from typing import Any

_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # nothing of a run goes anywhere that the user did not name
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # A server that went away must not hold up the end of a run for the minutes that MLflow waits by itself.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
"""Variables that are set before MLflow is imported, unless the user set them."""


def connect(uri: str) -> Any:
    """A client of a store; raises any error of MLflow, a database or a server."""
    for variable, value in _ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    _check_file(uri)
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def _check_file(uri: str) -> None:
    """Opens a SQLite file, to fail at once where MLflow would retry for minutes."""
    import sqlite3

    scheme, _, path = uri.partition("?")[0].partition("///")
    if scheme == "sqlite:" and path:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA schema_version")
