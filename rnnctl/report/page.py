"""One self-contained page: style, Plotly and figures inlined, nothing fetched, no script but the two that are hashed.

Knows nothing of what is shown.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from rnnctl.errors import RunError
from rnnctl.report.markup import Html, embedded_json, joined, tag

Figure = Mapping[str, Any]
"""``traces`` and ``layout`` as Plotly takes them; a colour that begins with ``--`` is a variable of the style sheet."""


def page(title: str, body: Html, figures: Mapping[str, Figure]) -> str:
    """Puts a page together.

    Args:
        title: Its title.
        body: What is seen.
        figures: By the id of the element that each is drawn in.

    Returns:
        The whole file.
    """
    from plotly.offline import get_plotlyjs

    scripts = [str(get_plotlyjs()).replace("\r\n", "\n"), _asset("page.js")] if figures else []
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hashed, scripts)) or chr(39) + 'none' + chr(39)}",
            "style-src 'unsafe-inline'",  # Plotly writes its styles into elements
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        Html(f"<style>{_asset('page.css')}</style>"),
    ]
    drawn = [
        Html(f'<script type="application/json" id="figures">{embedded_json(figures)}</script>'),
        *(Html(f"<script>{script}</script>") for script in scripts),
    ]
    whole = tag("html", tag("head", *head), "\n", tag("body", body, "\n", *(drawn if figures else ())), lang="en")
    return f"<!doctype html>\n{joined([whole])}\n"


def _hashed(script: str) -> str:
    """The source that a Content-Security-Policy knows an inline script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return files("rnnctl.report").joinpath(name).read_text(encoding="utf-8")


def write_page(path: Path, text: str) -> None:
    """Writes a page.

    Raises:
        RunError: The disk says no.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RunError(f"{path}: cannot write the page: {reason}; choose another file with --html") from error
