"""Files that run out, disks that are slow: 503 or 504, nothing shown, and the next question is answered again."""

import resource
import threading
import time

import pytest

from serving.records.logs import Records
from tests.serving.served import MARKS, about, error, serving
from tests.serving.serving_parts import bearer

pytestmark = MARKS


def test_F23_without_free_files_503_and_it_recovers():
    with serving() as served:
        headers = {**bearer(), "content-type": "application/json"}
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))  # every new file or socket fails now
            response = served.http.post("/v1/segment", json=about(), headers=headers)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert (response.status_code, "segments" in response.text) == (503, False)
        assert served.ask("/v1/segment", about()).status_code == 200


def test_F24_a_disk_that_does_not_answer_is_504_and_then_it_goes_on(monkeypatch):
    stuck = threading.Event()

    def slow(self, event):
        stuck.wait(10)
        return audit(self, event)

    audit = Records.audit
    with serving(timeout_seconds=1) as served:
        assert served.ask("/v1/segment", about()).status_code == 200
        monkeypatch.setattr(Records, "audit", slow)
        response = served.ask("/v1/segment", about())
        monkeypatch.setattr(Records, "audit", audit)
        assert (response.status_code, error(response)["code"]) == (504, "timeout")
        assert "segments" not in response.text
        assert served.ask("/v1/segment", about()).status_code == 200  # another thread is free
        stuck.set()
        time.sleep(0.1)


@pytest.mark.parametrize("milliseconds", [100, 400])
def test_F24_a_slow_disk_is_waited_for(monkeypatch, milliseconds):
    audit = Records.audit

    def slow(self, event):
        time.sleep(milliseconds / 1000)
        return audit(self, event)

    monkeypatch.setattr(Records, "audit", slow)
    with serving() as served:
        assert served.ask("/v1/segment", about()).status_code == 200
        assert served.log()[0]["outcome"] == "ok"
