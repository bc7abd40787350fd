"""The texts of the pages in three languages, read once from the gettext catalogues beside this file.

Message ids are keys (`client.title`), so that no language is the hidden original.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from configs.errors import ConfigError

CATALOGUES = Path(__file__).parent / "texts"
LANGUAGES: Mapping[str, str] = {"fi": "Suomi", "sv": "Svenska", "en": "English"}
"""Codes in the order of the language switch, each in its own name."""
DEFAULT = "fi"
_LOCALES = {"fi": "fi_FI", "sv": "sv_FI", "en": "en_GB"}


@dataclass(frozen=True)
class Language:
    """One language: its texts and the locale that writes its numbers and dates."""

    code: str
    locale: Locale
    translations: Translations

    def text(self, key: str, **values: object) -> str:
        """The text of `key` with `{name}` places filled.  Raises ConfigError for a key without a text."""
        found = self.translations.gettext(key)
        if found == key:
            raise ConfigError(f"The text `{key}` is missing in serving/pages/texts/{self.code}.po. Add it.")
        return str(found).format(**values)

    def count(self, key: str, number: int, **values: object) -> str:
        """The text of `key` in the plural form that `number` asks for; `{n}` is the number as written."""
        found = self.translations.ngettext(key, f"{key}.plural", number)
        if found in (key, f"{key}.plural"):
            raise ConfigError(f"The text `{key}` is missing in serving/pages/texts/{self.code}.po. Add it.")
        return str(found).format(**{"n": number, **values})

    def label(self, family: str, code: str) -> str:
        """The name of a code (`role`, `planner`), or the code itself when the family does not know it."""
        key = f"{family}.{code}"
        found = str(self.translations.gettext(key))
        return code if found == key else found


@cache
def language(code: str) -> Language:
    """The language of `code`; an unknown code gives Finnish."""
    known = code if code in LANGUAGES else DEFAULT
    return Language(known, Locale.parse(_LOCALES[known]), _translations(known))


def _translations(code: str) -> Translations:
    file = CATALOGUES / f"{code}.po"
    with file.open("rb") as source:
        catalogue = read_po(source, locale=_LOCALES[code], abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
