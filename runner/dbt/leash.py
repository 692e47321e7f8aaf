"""Runs a command, and ends it when whoever started this is gone.

``leash.py COMMAND ARGUMENT…`` with a pipe as standard input that nobody writes to: its end means that
the runner was killed, and with it the job's lock; dbt must not go on alone. Otherwise this is as if
the command had been started itself. The standard library alone; Python 3.9 is enough.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 10.0
# As a shell says it.
NOT_STARTED = 126


def main(argv: list[str]) -> int:
    # The whole group is interrupted; this process waits for what the command makes of it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        return NOT_STARTED
    threading.Thread(target=watch, daemon=True).start()
    code = process.wait()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def watch() -> None:
    """End the group when the pipe does."""
    os.read(0, 1)
    os.killpg(0, signal.SIGINT)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
