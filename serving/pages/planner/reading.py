"""Numbers and files as visitors type and send them, and sentences for what cannot be used."""

from dataclasses import dataclass
from math import isfinite

from configs.phrases import Phrase, phrase_of
from serving.pages.format import Format
from serving.pages.page import Page
from serving.pages.planner.saying import sentence, words
from serving.pages.planner.services import Upload, WrongInput


@dataclass(frozen=True)
class FormFault:
    """What to say above a form: one sentence, why, and the faulty places of a sheet; in the reader's language."""

    sentence: str
    detail: str = ""
    places: tuple[tuple[str, int, str, str, str], ...] = ()
    """Sheet, row, column, what was found, what is allowed."""


def number(text: str) -> float | None:
    """A number as people write it: 1 234,5 or 1234.5; None when it is none."""
    plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("−", "-").replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if isfinite(value) else None


def fault_of(error: WrongInput, format: Format) -> FormFault:
    """A fault of the rules or of a sheet, in the visitor's language."""
    language = format.language
    if not error.faults:
        return FormFault(language.text("input.refused"), sentence(phrase_of(error), format))
    places = tuple(
        (one.sheet, one.row, one.column, words(one.found, format), words(one.allowed, format)) for one in error.faults
    )
    return FormFault(language.count("input.faults", len(error.faults)), "", places)


def upload_of(page: Page) -> Upload:
    """The sent file.  Raises WrongInput when none was chosen."""
    if page.upload is None or not page.upload.name:
        raise WrongInput(Phrase("No file was chosen.", "upload.missing"))
    return page.upload
