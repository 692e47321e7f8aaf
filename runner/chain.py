"""How far one job's end may start the next."""

from __future__ import annotations

# Jobs that start each other one after the other, across repositories too: beyond it is a loop.
MAX_DEPTH = 16
