"""What an auditor does: statistics of use, replay of an answer, verifying the chains, a client's own log."""

from collections.abc import Mapping

from markupsafe import Markup, escape
from starlette.responses import Response

from configs.phrases import Phrase
from serving.pages.language import LANGUAGES
from serving.pages.oversight.services import LogForm, NotUnderstood
from serving.pages.page import Page
from serving.pages.planner.saying import words


def access(page: Page) -> Response:
    """Access statistics of a span of days."""
    since, until = page.query("since"), page.query("until")
    found, fault = None, ""
    if since or until:
        try:
            found = page.services.oversight.statistics(page.who, since, until)
        except NotUnderstood as wrong:
            fault = wrong.key
    status = 400 if fault else 200
    days = {"since": page.day("since"), "until": page.day("until")}
    return page.show("oversight/access.html", status, **days, found=found, fault=fault)


def replay_form(page: Page) -> Response:
    """Which entry is to be replayed; the number may come from the log's page."""
    return page.show("oversight/replay.html", entry=page.query("entry"), found=None, fault="")


def replay(page: Page) -> Response:
    """Every answer of the entry, computed once more."""
    entry = page.form.get("entry", "").strip()[:20]
    try:
        found = page.services.oversight.replay(page.who, entry)
    except NotUnderstood as wrong:
        return page.show("oversight/replay.html", 400, entry=entry, found=None, fault=wrong.key)
    return page.show("oversight/replay.html", entry=entry, found=found, fault="", say=lambda said: _said(page, said))


def _said(page: Page, said: str) -> Markup:
    """A replay's sentence in the reader's language; one of another part of the system is English, and marked so."""
    if isinstance(said, Phrase) and said.code:
        return escape(words(said, page.format))
    return Markup('<span lang="en">{}</span>').format(said)


def chains_form(page: Page) -> Response:
    """The button."""
    return page.show("oversight/chains.html", found=None)


def chains(page: Page) -> Response:
    """Every chain, verified now."""
    return page.show("oversight/chains.html", found=page.services.oversight.verify(page.who))


def own_log_form(page: Page) -> Response:
    """Whose log, how far back, in which language and form."""
    return _own_log(page, {}, "", 200)


def own_log(page: Page) -> Response:
    """The file; a form that cannot be used is shown again without the henkilötunnus."""
    form = page.form
    reason = form.get("reason", "").strip() if form.get("span") == "all" else None
    language = form.get("language", "")
    try:
        if language not in LANGUAGES or form.get("form") not in ("html", "csv"):
            raise NotUnderstood("own_log.incomplete")
        kind: LogForm = "html" if form["form"] == "html" else "csv"
        made = page.services.oversight.client_log(page.who, form.get("person", ""), reason, kind, language)
    except NotUnderstood as wrong:
        return _own_log(page, form, wrong.key, 400)
    headers = {"Content-Disposition": f'attachment; filename="{made.file}"'}
    return Response(made.content, media_type=made.media_type, headers=headers)


def _own_log(page: Page, form: Mapping[str, str], fault: str, status: int) -> Response:
    return page.show("oversight/own_log.html", status, sent=form, fault=fault, languages_of_file=LANGUAGES)
