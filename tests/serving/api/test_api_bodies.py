"""What arrives broken, too large, in pieces or with control characters: refused, and never repeated in a log line."""

import logging

import pytest

from serving.middleware.quiet import WithoutValues
from tests.serving import served as service
from tests.serving.served import MARKS, about, error
from tests.serving.serving_parts import SETTINGS

served = service.served

pytestmark = MARKS
LIMIT = SETTINGS.max_body_bytes


def pieces(total, size=65_536):
    """A body sent in chunks, without a Content-Length."""
    for start in range(0, total, size):
        yield b"x" * min(size, total - start)


@pytest.mark.parametrize(
    "total, status, code",
    [(LIMIT + 1, 413, "too_large"), (3 * LIMIT, 413, "too_large"), (LIMIT, 400, "bad_json")],
)
def test_W7_W8_a_chunked_body_above_the_limit_is_413(served, total, status, code):
    response = served.send("/v1/segment", pieces(total))
    assert (response.status_code, error(response)["code"]) == (status, code)


@pytest.mark.parametrize("announced", ["-1", "1e9", "999999999999", "0x10", "x"])
def test_W7_an_announced_length_that_is_none_or_too_large_is_refused_unread(served, announced):
    response = served.send("/v1/segment", b"{}", content_length=announced)
    assert response.status_code in (400, 413)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"tables":{"contacts":[' + b"["])
def test_W6_deep_nesting_is_refused_at_once(served, opening):
    response = served.send("/v1/segment/rows", opening * 20_000)
    assert (response.status_code, error(response)["code"]) == (400, "bad_json")


def test_W6_deep_nesting_inside_a_good_question_is_no_server_error(served):
    deep = b"[" * 900 + b"]" * 900
    body = b'{"decision_point":"client_guidance","purpose":"care_planning","as_of":"2024-01-01","tables":' + deep + b"}"
    response = served.send("/v1/segment/rows", body)
    assert (response.status_code, "field" in error(response)) == (400, True)


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity", b"1e999", b"1e400"])
def test_W4_what_is_no_number_is_refused_anywhere_in_the_body(served, number):
    body = b'{"decision_point":"client_guidance","purpose":"care_planning","as_of":"2024-01-01","tables":{"contacts":['
    response = served.send("/v1/segment/rows", body + b'{"minutes":' + number + b"}]}}")
    assert (response.status_code, error(response)["code"]) == (400, "bad_json")


def test_an_integer_of_ten_thousand_digits_is_refused(served):
    response = served.send("/v1/segment", b'{"client_id": ' + b"9" * 10_000 + b"}")
    assert response.status_code == 400


@pytest.mark.parametrize("text", ["a\r\nb", "a\x1b[31mred\x1b[0m", "a\u2028b", "a\x00b", "a\x85b"])
def test_W22_a_line_of_the_log_stays_one_line(text, caplog):
    record = logging.LogRecord("luotain.serving", logging.WARNING, "file.py", 1, "said %s", (text,), None)
    assert WithoutValues().filter(record)
    said = logging.Formatter("%(message)s").format(record)
    assert len(said.splitlines()) == 1
    assert said.isprintable()


def test_W22_control_characters_of_a_request_reach_no_line(served, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        served.ask("/v1/segment", about(purpose="care\r\nERROR forged line"))
        served.ask("/v1/log", {**about(), "log": "a\x1b[2Kb"}, user="auditor")
    streams = capfd.readouterr()
    assert "forged" not in caplog.text + streams.out + streams.err
    assert "\x1b" not in caplog.text + streams.out + streams.err


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer " + "a" * 1_000_000},
        {"authorization": "Bearer " + "a." * 500_000},
        {"accept_language": "sv," * 300_000},
        {"accept": "application/fhir+json," * 40_000},
    ],
)
def test_W20_huge_tokens_and_headers_are_refused_or_ignored_at_once(served, headers):
    response = served.send("/v1/segment", b"{}", **headers)
    assert response.status_code in (400, 401, 431)
