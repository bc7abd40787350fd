"""F23: what has run out is 503 and passes; what is broken is 500."""

import errno

import pytest

from configs.errors import DataError
from serving.middleware.exhausted import is_exhausted
from tests.serving.fake_engine import MINE, FakeEngine
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser
from tests.serving.served import MARKS, about, serving

pytestmark = MARKS
NO_FILES = OSError(errno.EMFILE, "Too many open files")
NO_THREADS = RuntimeError("can't start new thread")


def caused(error: BaseException) -> DataError:
    try:
        raise DataError("The file cannot be read.") from error
    except DataError as found:
        return found


@pytest.mark.parametrize(
    "error,                                   spent",
    [
        (NO_FILES,                            True),
        (OSError(errno.ENOSPC, "full"),       True),
        (MemoryError(),                       True),
        (NO_THREADS,                          True),
        (caused(NO_FILES),                    True),
        (FileNotFoundError(errno.ENOENT, ""), False),
        (RuntimeError("a fault of ours"),     False),
        (caused(KeyError("x")),               False),
    ],
)  # fmt: skip
def test_F23_what_has_run_out(error: BaseException, spent: bool) -> None:
    assert is_exhausted(error) == spent


class Spent(FakeEngine):
    """An engine that fails until it is given back what it needs."""

    error: Exception | None = None

    def open(self, client_id):  # type: ignore[no-untyped-def]
        if self.error is not None:
            raise self.error
        return super().open(client_id)


@pytest.fixture(scope="module")
def served():  # type: ignore[no-untyped-def]
    with serving(Spent()) as found:
        yield found


@pytest.mark.parametrize(
    "error,                              status, code",
    [
        (NO_FILES,                          503, "unavailable"),
        (NO_THREADS,                        503, "unavailable"),
        (MemoryError(),                     503, "unavailable"),
        (OSError(errno.EIO, "bad sector"),  500, "internal_error"),
    ],
)  # fmt: skip
def test_F23_the_api_says_so_and_recovers(served, error, status, code):  # type: ignore[no-untyped-def]
    served.engine.error = error
    refused = served.ask("/v1/segment", about(MINE))
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert ("retry-after" in refused.headers) == (status == 503)
    served.engine.error = None
    assert served.ask("/v1/segment", about(MINE)).status_code == 200


@pytest.mark.parametrize("error, status", [(NO_FILES, 503), (NO_THREADS, 503), (OSError(errno.EIO, "bad sector"), 500)])
def test_F23_a_page_says_so_and_recovers(monkeypatch: pytest.MonkeyPatch, error: Exception, status: int) -> None:
    visitor = FakeBrowser(FakeServices(), user="aino")
    with monkeypatch.context() as patch:
        patch.setattr(FakeServices, "client", lambda *_: (_ for _ in ()).throw(error))
        assert visitor.get("/clients/h-answered").status_code == status
    assert visitor.get("/clients/h-answered").status_code == 200


def test_F23_the_error_page_needs_no_file_when_there_is_none_left(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = FakeBrowser(FakeServices(), user="aino")

    def none_left(*_: object) -> None:
        raise NO_FILES

    with monkeypatch.context() as patch:
        patch.setattr(visitor.app.state.templates.loader, "get_source", none_left)
        answer = visitor.get("/clients")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/plain; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert visitor.get("/clients").status_code == 200
