"""Write the expectations of the invalid cases again."""

import tempfile
from pathlib import Path

from tests.configs import INVALID, all_described, expectation, load_in_project

for case in INVALID:
    with tempfile.TemporaryDirectory() as folder:
        expectation(case).write_text(all_described(load_in_project(case, Path(folder))))
