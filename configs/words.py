"""Words that every layer shares: a name in three languages, and the sentence about an unknown name."""

from collections.abc import Iterable

from configs.loader import StrictConfig, nearest
from configs.phrases import Phrase


class Words(StrictConfig):
    """One name in Finnish, Swedish and English."""

    fi: str
    sv: str
    en: str

    def as_text(self) -> dict[str, str]:
        """The plain dict that answers carry."""
        return {"fi": self.fi, "sv": self.sv, "en": self.en}


def unknown(kind: str, word: str, allowed: Iterable[str]) -> Phrase:
    """The sentence about an unknown name."""
    names = sorted(allowed)
    guess = nearest(word, names)
    hint = f"Did you mean `{guess}`?" if guess else f"Allowed: {', '.join(names)}."
    return Phrase(f"unknown {kind} `{word}`. {hint}", "unknown", allowed=[guess] if guess else names)
