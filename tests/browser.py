"""Pages in a real browser: one Debian Chromium without a screen, told what to do over a pipe, for many pages."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium); pages are not looked at"
)

# Those of the second line keep the browser from asking the network for anything of its own.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe"),
    *("--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

SECONDS = 100
"""A page that is not drawn by then fails its test."""

# Pictures are there once a page is loaded, for those who print it then.
_LOADED = """new Promise((done) => {
  const look = () => document.readyState === "complete" ? done() : setTimeout(look, 20);
  look();
})"""
_CLICKED = "new Promise((done) => setTimeout(done, 50))"

_DOCUMENT = """for (const plotly of document.head.querySelectorAll("script")) plotly.remove();
document.documentElement.outerHTML"""


class Seen(NamedTuple):
    """A page as the browser has it once its scripts are done.

    Attributes:
        document: The HTML.
        pressed: The HTML after a click; the same where nothing is clicked.
        console: Lines of the console.
        fetched: Addresses that were loaded.
    """

    document: str
    pressed: str
    console: list[str]
    fetched: list[str]


class Browser:
    """A running browser; `look` opens a page in a new tab."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._count, self._left = 0, b""
        self._events: list[dict[str, Any]] = []

    def look(self, page: Path, *, dark: bool = False, width: int = 1200, press: str = "") -> Seen:
        """Opens a page and waits until it is loaded.

        Args:
            page: The file.
            dark: Whether the person prefers dark colours.
            width: Pixels of the window.
            press: CSS selector of what is clicked then.
        """
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._events.clear()
        for domain in ("Page", "Log", "Runtime", "Network"):
            self._call(f"{domain}.enable", session)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", session, features=[scheme])
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", session, **size)
        self._call("Page.navigate", session, url=page.absolute().as_uri())
        self._call("Runtime.evaluate", session, expression=_LOADED, awaitPromise=True)
        before = after = self._call("Runtime.evaluate", session, expression=_DOCUMENT)["result"]["value"]
        if press:
            click = f"document.querySelector({json.dumps(press)}).click(); {_CLICKED}"
            self._call("Runtime.evaluate", session, expression=click, awaitPromise=True)
            after = self._call("Runtime.evaluate", session, expression=_DOCUMENT)["result"]["value"]
        self._call("Target.closeTarget", targetId=target)
        return Seen(before, after, *self._told(session))

    def _told(self, session: str) -> tuple[list[str], list[str]]:
        console, fetched = [], []
        for event in self._events:
            said = event["params"]
            if event.get("sessionId") != session:
                continue
            if event["method"] == "Log.entryAdded":
                console.append(said["entry"]["text"])
            elif event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
                console.append(json.dumps(said))
            elif event["method"] == "Network.requestWillBeSent":
                fetched.append(said["request"]["url"])
        return console, fetched

    def _call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        os.write(self._write, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while True:
            answer = self._next(method)
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self._events.append(answer)

    def _next(self, what: str) -> dict[str, Any]:
        """The next message of the browser, which ends with a zero byte."""
        end = time.monotonic() + SECONDS
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            part = os.read(self._read, 1 << 20) if ready else b""
            assert part, f"the browser does not answer to {what}"
            self._left += part
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Starts a browser, and ends it after the ``with`` block.

    Args:
        profile: An empty folder, for its own files.
    """
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}"]
    environment = {**os.environ, "HOME": str(profile), "XDG_CONFIG_HOME": str(profile), "XDG_CACHE_HOME": str(profile)}
    # The browser reads commands from 3 and writes answers to 4.
    started = subprocess.Popen(
        ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", *command],
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Browser(ours_out, ours_in)
    finally:
        os.close(ours_out)  # it ends where nobody tells it anything any more
        os.close(ours_in)
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
