"""One self-contained page: style, Plotly and figures inlined, nothing fetched, no script but the two that are hashed.

Plotly lies in the page compressed, which makes a page of 2 MB out of one of 5: the page's own script unpacks it and
puts it in as a script element, which the browser runs because the policy names the hash of what is in there.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from rnnctl.report.markup import Html, embedded_json, joined, tag

Figure = Mapping[str, Any]
"""``traces`` and ``layout`` as Plotly takes them; a colour that begins with ``--`` is a variable of the style sheet.

``log``, where there is one, is laid over the layout while the panel's switch is on.
"""

PACKED = 1
"""How hard Plotly is compressed: harder takes two or three times as long and saves a tenth."""


def page(title: str, body: Html, figures: Mapping[str, Figure]) -> str:
    """Puts the whole file together; ``figures`` are by the id of the element that each is drawn in."""
    (plotly, size, hashed), script = (_plotly(), _asset("page.js")) if figures else (("", 0, ""), "")
    scripts = f"{hashed} {_hashed(script)}" if figures else "'none'"
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "  # Plotly writes styles into elements
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
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
        Html(f'<script type="text/plain" id="plotly" data-size="{size}">{plotly}</script>'),
        Html(f"<script>{script}</script>"),
    ]
    whole = tag("html", tag("head", *head), "\n", tag("body", body, "\n", *(drawn if figures else ())), lang="en")
    return f"<!doctype html>\n{joined([whole])}\n"


@cache
def _plotly() -> tuple[str, int, str]:
    """Plotly compressed, as letters and digits that can end no element; its bytes, and its hash."""
    from plotly.offline import get_plotlyjs

    script = str(get_plotlyjs()).replace("\r\n", "\n")
    text = script.encode()
    return base64.b64encode(zlib.compress(text, PACKED)).decode(), len(text), _hashed(script)


def _hashed(script: str) -> str:
    """The source that a Content-Security-Policy knows an inline script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return files("rnnctl.report").joinpath(name).read_text(encoding="utf-8")
