"""A client's own log for her own request (703/2023 § 11), handed over by the auditor: the giving is logged first."""

import hashlib
from dataclasses import replace
from datetime import date

from configs.errors import DataError
from serving.desk.masking import masked
from serving.desk.requests import Caller, Desk
from serving.disclosing.own_log import load_words, own_log, told_since, utc_since
from serving.disclosing.rendering import page, table
from serving.pages.oversight.services import Given, LogForm, NotUnderstood
from serving.records.entries import HELSINKI

MEDIA = {"html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8"}


def given(desk: Desk, caller: Caller, henkilotunnus: str, reason: str | None, form: LogForm, language: str) -> Given:
    """The file, after the disclosure is in the log.  Raises NotUnderstood for what is no henkilötunnus or reason.

    A person who was never a client gets an empty log: whether she is one is not told by a refusal.
    """
    event = desk.checked(caller, "disclose_log", desk.event(caller, "client_log"))
    since = _since(desk, reason)
    client_id = desk.engine.identify(henkilotunnus)
    if client_id is None:
        desk.records.audit(replace(event, outcome="denied", ground="not_a_henkilotunnus"))
        raise NotUnderstood("own_log.not_an_id")
    today, words = desk.records.now().astimezone(HELSINKI).date(), load_words()
    entries = desk.records.about(client_id, utc_since(since))
    names = {user_id: user.name for user_id, user in desk.settings.development_users.items()}
    told = own_log(entries, desk.settings, since, today, words, lambda actor: names.get(actor, actor))
    html, csv = page(told, words, language).encode(), table(told, words, language).encode("utf-8-sig")
    content = html if form == "html" else csv
    detail = {
        "recipient": "client",
        "content": "access log",
        "format": form,
        "rows": len(told.rows),
        "whole": told.is_whole,
        "export_sha256": hashlib.sha256(content).hexdigest(),
    }
    because = masked(reason) if reason else None
    said = replace(event, ground="client_request", client_id=client_id, free_ground=because, detail=detail)
    desk.records.audit(said)
    return Given(f"client-log.{language}.{form}", MEDIA[form], content)


def _since(desk: Desk, reason: str | None) -> date:
    try:
        return told_since(desk.records.now().astimezone(HELSINKI).date(), reason)
    except DataError:
        raise NotUnderstood("own_log.reason_too_short") from None
