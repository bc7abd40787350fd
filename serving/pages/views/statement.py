"""The accessibility statement (Act 306/2019, section 7): readable before anybody has signed in."""

from starlette.responses import Response

from serving.pages.page import Page

GAPS = ("screen_readers", "pictures", "letter", "sheets")
"""What is known not to be accessible, or not known to be."""
TESTED = ("axe", "keyboard", "zoom", "without_script")
UPDATED = "2026-11-28"
"""When the statement was last gone through: whoever changes it, changes this."""
AUTHORITY = "https://www.saavutettavuusvaatimukset.fi"
"""The supervisory authority's own site (Traficom, since 1 January 2025: HE 71/2024)."""


def accessibility(page: Page) -> Response:
    """The statement in the visitor's language."""
    return page.show(
        "accessibility.html",
        gaps=GAPS,
        tested=TESTED,
        updated=UPDATED,
        authority=AUTHORITY,
        contact=page.request.app.state.accessibility_contact,
    )
