"""The client's letter as a page that prints well and as a PDF, in any of the three languages."""

from starlette.responses import Response

from serving.pages.coordinator.letter_pdf import pdf_of
from serving.pages.coordinator.letter_text import letter_text
from serving.pages.format import Format
from serving.pages.language import LANGUAGES, Language, language
from serving.pages.page import Page


def letter(page: Page) -> Response:
    """The letter on the page."""
    chosen, handle = _language(page), page.request.path_params["handle"]
    made = page.services.coordinator.letter(page.who, handle, "html", chosen.code)
    text = letter_text(made, Format(chosen))
    return page.show("coordinator/letter.html", letter=text, handle=handle, chosen=chosen.code)


def letter_pdf(page: Page) -> Response:
    """The letter as a file; its name tells nothing of the client."""
    chosen, handle = _language(page), page.request.path_params["handle"]
    made = page.services.coordinator.letter(page.who, handle, "pdf", chosen.code)
    headers = {"Content-Disposition": f'attachment; filename="luotain-{chosen.code}.pdf"'}
    return Response(
        pdf_of(letter_text(made, Format(chosen)), chosen.code), media_type="application/pdf", headers=headers
    )


def _language(page: Page) -> Language:
    asked = page.query("language")
    return language(asked) if asked in LANGUAGES else page.language
