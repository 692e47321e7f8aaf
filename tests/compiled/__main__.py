"""Write the expected workflows again."""

from tests.compiled import CASES

for case in CASES:
    case.expected.parent.mkdir(parents=True, exist_ok=True)
    case.expected.write_text(case.compiled())
