"""A life for a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.life import Life
from tests.fake_github import FakeGitHub


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with FakeGitHub() as fake:
        yield Life(tmp_path, fake)
