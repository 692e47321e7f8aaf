from datetime import timedelta

import pytest

from runner.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("0s", timedelta(0)),
        ("999999d", timedelta(days=999999)),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "90", "m", "1 h", "1.5h", "-1h", "30m1h", "1h1h", "1w", "1H", "1h ", "1234567s"]
)
def test_not_durations(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write it as 90m, 2h, 1h30m or 45s"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0s"),
        (0.44, "0.4s"),
        (59.9, "59.9s"),
        (60, "1m 00s"),
        (245, "4m 05s"),
        (3599.6, "1h 00m"),
        (7380, "2h 03m"),
        (86400 * 3 + 4 * 3600, "3d 4h"),
    ],
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
