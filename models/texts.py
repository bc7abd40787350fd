"""Words in the three languages of the service."""

from collections.abc import Mapping

from features.catalogue import Words

Text = Mapping[str, str]
"""What an answer carries: {"fi": ..., "sv": ..., "en": ...}."""
LANGUAGES = ("fi", "sv", "en")
Texts = Words
"""One text in Finnish, Swedish and English; all three are required."""


def filled(texts: Mapping[str, str], **values: Mapping[str, str]) -> dict[str, str]:
    """`texts` with each {name} replaced by that language's words."""
    return {code: texts[code].format(**{name: words[code] for name, words in values.items()}) for code in LANGUAGES}
