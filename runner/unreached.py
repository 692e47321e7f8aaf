"""What a broken network means to the user."""

from __future__ import annotations

import requests


def unreached(error: requests.RequestException) -> str:
    """The kind of trouble alone: addresses may hold signatures, and urllib3's words are long."""
    if isinstance(error, requests.Timeout):
        return "it didn't answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate can't be verified"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off in the middle of the answer"
    return "the connection failed, broke off or took too long"
