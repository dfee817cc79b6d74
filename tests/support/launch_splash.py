"""Starts Splash 3.5 on a Python that is newer than it: `.splash/bin/python launch_splash.py -i 127.0.0.1 -p PORT`.

The arguments are Splash's own. Nothing is imported before `main`, for this file is for another environment.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def adapt() -> None:
    """Restores what Splash 3.5 expects of older Python and library versions."""
    loads = json.loads

    # Python 3.9 took the argument away; without it every POST ends with 500.
    def loads_without_encoding(*args: Any, encoding: str | None = None, **more: Any) -> Any:
        return loads(*args, **more)

    json.loads = loads_without_encoding

    # lupa holds several Lua versions now; Splash is written for 5.2.
    import lupa.lua52

    sys.modules["lupa"] = lupa.lua52

    # Python 3.10 takes no float where PyQt wants whole milliseconds; without it `splash:wait` fails.
    from PyQt5.QtCore import QTimer

    start = QTimer.start

    def start_whole(self: Any, *milliseconds: float) -> None:
        start(self, *(int(each) for each in milliseconds))

    QTimer.start = start_whole


def main() -> None:
    # No screen, and no sandbox of Chromium's, which root is not given.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    adapt()
    from splash.server import main as serve

    # Without a screen no X server is wanted, and its wrapper fails where there is none. What a page was must not
    # decide what it is: no caches. The script is the same each time, and long: not into the log.
    sys.argv += ["--disable-xvfb", "--disable-browser-caches", "--dont-log-args=lua_source"]
    serve()


if __name__ == "__main__":
    main()
