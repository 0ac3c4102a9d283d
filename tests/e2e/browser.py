"""Finds the Chromium for the browser tests, and installs one where there is none.

In order: ``VISAVIS_CHROMIUM``, a Chromium or Chrome on the PATH, one that Playwright fetched before, Debian's
package (as root), Playwright's own download. Without any, the run fails and says what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A page that is served here needs none of Chromium's own traffic; fake devices stand in for camera and microphone.
# Who may use them is a permission of each browser context.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)


class NoBrowserError(RuntimeError):
    """There is no Chromium and none could be installed."""


def find() -> Path | None:
    """The Chromium to drive, or None."""
    named = os.environ.get("VISAVIS_CHROMIUM")
    if named:
        return Path(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return _playwrights_own()


def _playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.is_file() else None


def ensure() -> Path:
    """The Chromium to drive, installed if need be.

    Raises:
        NoBrowserError: none was found and neither way of installing one worked.
    """
    found = find()
    if found is not None:
        return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        sys.stdout.write("installing chromium from the system's packages\n")
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
            env=quiet,
            stdout=subprocess.DEVNULL,
            check=False,
        )
    found = find()
    if found is None:
        sys.stdout.write("asking Playwright for its own Chromium\n")
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
        found = find()
    if found is None:
        raise NoBrowserError(
            "no Chromium: install the package `chromium`, or set VISAVIS_CHROMIUM to a browser's path"
        )
    return found


if __name__ == "__main__":
    try:
        ensure()
    except NoBrowserError as error:
        sys.exit(f"browser: {error}")
