from __future__ import annotations

import base64
import hashlib
import re
import zlib

from rnnctl.report.markup import tag
from rnnctl.report.page import page

FIGURES = {"one": {"traces": [{"type": "scatter", "name": "</script><script>alert(1)</script>"}], "layout": {}}}


def scripts(text: str) -> list[str]:
    return re.findall(r"<script>(.*?)</script>", text, re.DOTALL)


def test_only_the_scripts_whose_hash_is_told_may_run_and_nothing_is_fetched() -> None:
    text = page("a", tag("div", id="one"), FIGURES)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy[1].replace("&#x27;", "'").split("; "))
    packed = re.search(r'<script type="text/plain" id="plotly" data-size="4\d{6}">([^<]*)</script>', text)
    assert packed is not None
    plotly = zlib.decompress(base64.b64decode(packed[1])).decode()
    assert "plotly.js v" in plotly[:300]
    (drawing,) = scripts(text)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in (plotly, drawing)]
    assert rules["script-src"] == " ".join(f"'sha256-{each}'" for each in hashes)
    assert rules["default-src"] == "'none'"
    assert "http" not in policy[1]
    # Plotly's own code names addresses; what a browser would load of itself are these.
    outside = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(src|href)\s*=|url\(|@import""", outside)


def test_text_in_figures_cannot_end_its_element() -> None:
    assert "alert(1)</script>" not in page("a", tag("div", id="one"), FIGURES)


def test_a_page_without_figures_runs_nothing_and_is_small() -> None:
    text = page("<title>", tag("p", "a"), {})
    assert "<script" not in text
    assert "script-src &#x27;none&#x27;" in text
    assert "<title>&lt;title&gt;</title>" in text
    assert len(text) < 20_000
