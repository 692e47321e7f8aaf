"""Cron in words: those of whoever reads them, the same on every machine."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from runner.model import Schedule
from runner.schedule.cron import check_cron
from runner.schedule.words import in_words
from tests.unit.test_cron import EXPRESSIONS


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("17 4 * * *", "at 04:17 (UTC)"),
        ("  0 16 * * MON-FRI", "at 16:00, Monday through Friday (UTC)"),
        ("*/15 9-16 * * *", "every 15 minutes, between 09:00 and 16:59 (UTC)"),
        ("30 23 L * *", "at 23:30, on the last day of the month (UTC)"),
        ("0 6 * * MON#2", "at 06:00, on the second Monday of the month (UTC)"),
        ("0 6 * * L5", "at 06:00, on the last Friday of the month (UTC)"),
        ("0 6 * * MON#1,TUE#3", "at the times of `0 6 * * MON#1,TUE#3` (UTC)"),
        ("0 6 L,15 * *", "at the times of `0 6 L,15 * *` (UTC)"),
    ],
)
@pytest.mark.parametrize("language", ["C", "de_DE.UTF-8"])
def test_words(cron: str, words: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", language)
    assert check_cron(cron) is None
    assert in_words(Schedule(cron=cron)) == words


@given(EXPRESSIONS)
@settings(max_examples=200, deadline=None)
def test_every_expression_has_words(expression: str) -> None:
    assert in_words(Schedule(cron=expression, timezone="Asia/Kolkata")).endswith("(Asia/Kolkata)")
