"""What the planner's pages say to a planner."""

import httpx

from tests.serving.pages.faked.visitor import words

SERIES = {"model": "", "series_id": "Länsi|total|visits", "key": "k1", "reason": "Talo avataan."}


def said(answer: httpx.Response, status: int = 200) -> str:
    assert answer.status_code == status
    return words(answer.text)
