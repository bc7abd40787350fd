"""Why a call of the pages or of the API is not answered."""

from configs.errors import LuotainError
from models.answers import Text


class Refused(LuotainError):
    """Said in every language where the sentence is given so; the English one is the exception's own."""

    def __init__(self, sentence: Text | str) -> None:
        self.text: Text = dict.fromkeys(("fi", "sv", "en"), sentence) if isinstance(sentence, str) else sentence
        super().__init__(self.text["en"])


class NotYours(Refused):
    """Unknown, or another unit's: the visitor is told the same in both cases."""


class NotAllowed(Refused):
    """The role has no such right."""


class Unavailable(Refused):
    """The service cannot answer now: no live model, no data, or the log cannot be written."""
