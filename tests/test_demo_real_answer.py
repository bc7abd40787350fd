"""The one answer that `make demo-real` prints: in plain words, adding up, or why there is none."""

import math
import sys
from pathlib import Path
from typing import Any

import pytest

from configs.errors import LuotainError, ModelError
from serving import ask
from serving.pages.format import Format
from serving.pages.language import language
from serving.serve import environment
from serving.settings import load_settings
from tests.demo_real_asker import ASKER

# ---- what is printed


def text(words: str) -> dict[str, str]:
    return {"fi": words, "sv": words, "en": words}


def part(family: str, contribution: float) -> dict[str, Any]:
    return {"family": family, "contribution": contribution, "sentence": text(f"{family} is high")}


STAMP = {"name": "need_x", "version": "3", "bundle_sha256": "ab", "data_until": "2008-03-20", "as_of": "2008-03-21"}


def answer(contributions: tuple[float, ...] = (0.5, -0.25, 0.125)) -> dict[str, Any]:
    parts = [part(f"f{number}", share) for number, share in enumerate(contributions)]
    likelihood = {
        "outcome": text("A ward stay begins"),
        "probability": 1 / (1 + math.exp(-(-1.0 + 0.5 - 0.25 + 0.125))),
        "base": -1.0,
        "contributions": parts,
        "reasons": parts[:2],
    }
    return {
        "likelihood": likelihood,
        "missing": [{"name": text("RAI")}],
        "stamp": STAMP,
        "answer_id": "a1",
        "status": "answered",
        "status_reason": text(""),
        "notice": text("The model informs."),
    }


def test_the_answer_is_said_in_plain_words() -> None:
    said = "\n".join(ask.told(answer(), Format(language("en"))))
    for words in (
        "about 35 of 100", "probability 34.9%", "everyone starts from 26.9%", "+0.50  f0 is high", "−0.25  f1 is high",
        "+0.12  the other 1 feature families", "RAI", "need_x version 3", "2008-03-20", "a1", "The model informs.",
    ):  # fmt: skip
        assert words in said, words


def test_an_answer_that_does_not_add_up_is_not_printed() -> None:
    with pytest.raises(ModelError, match="miss the number shown"):
        ask.told(answer((0.5, -0.25, 0.126)), Format(language("en")))


def test_a_client_outside_the_task_is_said_so() -> None:
    refused = {**answer(), "likelihood": None, "status": "not_eligible", "status_reason": text("Outside the group.")}
    assert "not_eligible): Outside the group." in ask.told(refused, Format(language("en")))[0]


# ---- the service as a child process

STAND_IN = """
import http.server, json, sys
class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.reply(200, {})
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        known = self.headers["authorization"].startswith("Bearer ") and body["task"] == "known"
        self.reply(200, body) if known else self.reply(404, {"error": {"message": "There is no such client."}})
    def reply(self, status, values):
        self.send_response(status); self.end_headers(); self.wfile.write(json.dumps(values).encode())
    def log_message(self, *given): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
"""


def asked(script: str, monkeypatch: pytest.MonkeyPatch) -> ask.Asked:
    settings = load_settings("configs/real/serving.yaml")
    monkeypatch.setattr(ask, "command", lambda settings, port: [sys.executable, "-c", script, str(port)])
    return ask.Asked("configs/real/serving.yaml", settings, "known", ASKER, ask.free_port(settings.host))


def test_the_service_is_asked_over_http_and_stopped(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = asked(STAND_IN, monkeypatch)
    with ask.running(one) as base:
        body = ask.question(one, "0" * 32)
        assert ask.post(f"{base}/v1/need", body, ask.token(one)) == body
        with pytest.raises(ask.NoAnswer, match=r"refused \(404\): There is no such client") as refused:
            ask.post(f"{base}/v1/need", {**body, "task": "other"}, ask.token(one))
        assert "0" * 32 not in str(refused.value)
    with pytest.raises(ask.NoAnswer, match="went away"):
        ask.post(f"{base}/v1/need", body, ask.token(one))


def test_a_service_that_does_not_start_is_quoted(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = asked("raise SystemExit('luotain: the registers are locked.')", monkeypatch)
    with pytest.raises(LuotainError, match="the registers are locked"), ask.running(one):
        pytest.fail("the service did not start")


def test_the_childs_data_folder_is_this_processs_own(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = asked("", monkeypatch)
    assert environment(one.settings, one.config)["LUOTAIN_VAR"] == str(var)
    monkeypatch.delenv("LUOTAIN_VAR")
    assert "LUOTAIN_VAR" not in environment(one.settings, one.config)
