"""Why a request is refused, in the caller's language: the sentences of `refusals.yaml`, and the choice of language."""

import re
from functools import cache

from configs.loader import StrictConfig, load_config
from models.answers import Text
from models.texts import LANGUAGES, Texts

CATALOGUE = "serving/refusals.yaml"
DEFAULT = "fi"
_WEIGHT = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.IGNORECASE | re.ASCII)


class Refusals(StrictConfig):
    """The catalogue: a sentence by its word for programs."""

    sentences: dict[str, Texts]


def refusal(key: str, **values: str) -> Text:
    """The sentence of `key` in every language, with its places filled."""
    return {code: words.format(**values) for code, words in _catalogue().sentences[key].as_text().items()}


def preferred_language(accepted: str) -> str:
    """What an Accept-Language header asks for among Finnish, Swedish and English; Finnish when it names none."""
    chosen, most = DEFAULT, 0.0
    for part in accepted.split(","):
        tag, _, parameter = part.partition(";")
        code = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if code in LANGUAGES and weight > most:
            chosen, most = code, weight
    return chosen


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    found = _WEIGHT.fullmatch(parameter)
    return float(found[1]) if found else 0.0


@cache
def _catalogue() -> Refusals:
    return load_config(CATALOGUE, Refusals)
