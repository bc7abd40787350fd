"""The Bento is built and served from a folder that holds nothing of the checkout."""

from pathlib import Path

import pytest

from tests.counts import PROVING
from tests.operations.bento import ASKED, build, serve_and_ask, strangers


@pytest.mark.slow
@pytest.mark.proof("bento")
@pytest.mark.skipif(not PROVING, reason="about a minute: `make prove` and `make bento` run it")
def test_F1_a_bento_holds_what_was_committed_and_serves_from_elsewhere(tmp_path: Path) -> None:
    bento = build(tmp_path / "home")
    assert strangers(bento) == []
    away = tmp_path / "away"
    away.mkdir()
    answers = serve_and_ask(bento, tmp_path / "home", away, ready=503)  # no data, no model: up, and it says so
    assert answers == {path: 503 if path == "/readyz" else 200 for path in ASKED}
