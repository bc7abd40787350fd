"""Keeps what a request carried out of the service's own log lines.

BentoML and uvicorn log exceptions with their message, and pydantic's message repeats the rejected input.
"""

import logging
import traceback

from pydantic import ValidationError

NOISY = ("bentoml", "bentoml._internal.server.http_app", "bentoml.serve", "uvicorn.error", "luotain.serving", "")
"""Loggers ("" is the root) whose handlers and records are filtered."""


class WithoutValues(logging.Filter):
    """Replaces an exception's message by its type and place, and keeps a record on one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """The line stays, the values go; a question that was refused for its form is no fault of the service."""
        where = _place(record)
        if _is_refusal(record):
            record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        record.exc_info = None
        record.exc_text = None
        record.stack_info = None
        record.msg = _one_line(record.getMessage()) + where
        record.args = ()
        return True


def silence_values() -> None:
    """Install the filter on every handler and logger that could print a request."""
    for name in NOISY:
        logger = logging.getLogger(name or None)
        for target in (logger, *logger.handlers):
            if not any(isinstance(present, WithoutValues) for present in target.filters):
                target.addFilter(WithoutValues())


def _is_refusal(record: logging.LogRecord) -> bool:
    """True for a request whose fields were refused: answered with 400, and no error of the service."""
    return bool(record.exc_info and record.exc_info[0] is not None and issubclass(record.exc_info[0], ValidationError))


def _place(record: logging.LogRecord) -> str:
    """[ValueError at file.py:12] of the record's exception."""
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    kind, _, trace = record.exc_info
    frames = traceback.extract_tb(trace)
    place = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f" [{kind.__name__}{place}]"


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
