"""Sentences that a page can say in the reader's language: English words with a code and fields beside them.

A command prints the English as it is.  Who shows a page looks the code up in its catalogue of texts.
"""

from collections.abc import Mapping
from typing import Any


class Phrase(str):
    """An English sentence or word with its code and fields.

    Fields hold numbers, dates, names of columns and settings, other phrases; never a client's value.
    """

    code: str
    fields: Mapping[str, Any]

    def __new__(cls, english: str, code: str = "", **fields: Any) -> "Phrase":
        made = super().__new__(cls, english)
        made.code, made.fields = code, fields
        return made


def phrase_of(error: BaseException) -> str:
    """What an error says: its Phrase where it was given one, else its plain text."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Phrase) else str(error)
