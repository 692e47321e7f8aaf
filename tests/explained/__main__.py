"""Write what `explain` says again."""

from tests.explained import CASES, expected, explained

for name, output in CASES:
    expected(name, output).write_text(explained(name, output))
