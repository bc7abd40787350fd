"""Numbers and files as visitors type and send them, and sentences for what cannot be used."""

from dataclasses import dataclass
from math import isfinite

from models.planning.sheets.columns import ALLOWED, SheetFault
from serving.pages.language import Language
from serving.pages.page import Page
from serving.pages.planner.services import Upload, WrongInput


@dataclass(frozen=True)
class FormFault:
    """What to say above a form: one sentence of ours, the rules' own words, and the faulty places of a sheet."""

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


def fault_of(error: WrongInput, language: Language) -> FormFault:
    """A fault of the rules or of a sheet, told in the visitor's language as far as it has words for it."""
    if not error.faults:
        return FormFault(language.text("input.refused"), str(error))
    places = tuple((one.sheet, one.row, one.column, one.found, _allowed(one, language)) for one in error.faults)
    return FormFault(language.count("input.faults", len(error.faults)), "", places)


def _allowed(fault: SheetFault, language: Language) -> str:
    kind = next((kind for kind, words in ALLOWED.items() if words == fault.allowed), None)
    return language.label("allowed", kind) if kind else fault.allowed


def upload_of(page: Page) -> Upload:
    """The sent file.  Raises WrongInput when none was chosen."""
    if page.upload is None or not page.upload.name:
        raise WrongInput(page.language.text("upload.missing"))
    return page.upload
