"""Draw them again."""

from tests.drawn import CASES, drawn, expected

for name, suffix in CASES:
    expected(name, suffix).write_text(drawn(name, suffix), encoding="utf-8")
