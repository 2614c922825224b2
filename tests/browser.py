"""A page in a real browser: Debian's Chromium without a screen, with a profile of its own each time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium); pages are not looked at"
)

# Those of the second line keep the browser from asking the network for anything of its own.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--enable-logging=stderr"),
    *("--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def look(page: Path, profile: Path, *flags: str) -> tuple[str, list[str]]:
    """Opens a page and waits until its scripts are done.

    Args:
        page: The file.
        profile: An empty folder, for the browser's own files.
        flags: Further flags.

    Returns:
        The document as it stands then, and what the console said.
    """
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "--virtual-time-budget=20000", *flags, "--dump-dom"]
    environment = {**os.environ, "HOME": str(profile), "XDG_CONFIG_HOME": str(profile), "XDG_CACHE_HOME": str(profile)}
    done = subprocess.run(
        [*command, page.absolute().as_uri()], capture_output=True, text=True, timeout=120, env=environment, check=False
    )
    return done.stdout, re.findall(r"CONSOLE[^\n]*", done.stderr)
