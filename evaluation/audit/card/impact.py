"""The people-impact assessment: rows on the plans' five steps, suggested by measurements, signed by a person.

Source: ihmisiin kohdistuvien vaikutusten ennakkoarviointi (plan 002, lines 622-632): ++ much better … -- much worse,
half-yearly.  Measurements suggest at most "+": "++" is a person's word.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from configs.errors import ConfigError
from evaluation.audit.settings import ImpactRow, Rating
from models.oversight.impact import Impact, Signed, due_day, impact_of

WORST = 1.5
"""A group whose outcomes are this many times those expected (or the inverse) makes the row "--"."""
Suggested = tuple[Rating | None, str, str]


def impact_lines(report: Mapping[str, Any], rows: Sequence[ImpactRow], signed: Signed | None) -> list[dict[str, Any]]:
    """{id, name, asks, suggested, rating, why}: the signed rating where a person gave one, else the suggestion."""
    given = dict(signed.ratings) if signed else {}
    return [_line(report, row, given.get(row.id)) for row in rows]


def impact_state(signed: Signed | None, intact: bool, version: str, today: date, months: int) -> dict[str, Any]:
    """{state: signed, overdue, unsigned or broken, who, at, due, months_late} of the version's newest assessment."""
    found: Impact = impact_of(signed, intact, version, today, months)
    due = due_day(signed.at, months).isoformat() if signed else None
    return {
        "state": found.state,
        "who": signed.who if signed else None,
        "at": signed.at.isoformat() if signed else None,
        "due": due,
        "months_late": found.days_late / 30.4 if found.state == "overdue" else 0.0 if signed else float(months),
    }


def _line(report: Mapping[str, Any], row: ImpactRow, given: str | None) -> dict[str, Any]:
    suggested, fi, en = _suggested(report, row)
    return {
        "id": row.id,
        "name": row.name.as_text(),
        "asks": row.asks.as_text(),
        "suggested": suggested,
        "rating": given or suggested,
        "why": {"fi": fi, "en": en},
    }


def _suggested(report: Mapping[str, Any], row: ImpactRow) -> Suggested:
    if row.measured_by is None:
        return None, "Ihminen arvioi.", "A person judges."
    kind, _, which = row.measured_by.partition(":")
    makers = {"group": _group, "access": _access, "others": _others}
    if kind not in makers:
        raise ConfigError(
            f"The impact row {row.id} is measured by `{row.measured_by}`. Allowed: group:NAME, access, others."
        )
    return makers[kind](report, which)


def _group(report: Mapping[str, Any], grouping: str) -> Suggested:
    """How far the groups of one grouping lie from what was foretold of them, against the baseline's."""
    lines = [
        line
        for one in report["figures"].get("performance", ())
        for line in one["groups"]
        if line["grouping"] == grouping and line["observed_to_expected"] is not None
    ]
    if not lines:
        return None, "Ei mitattavissa tällä mallilla; ihminen arvioi.", "Not measurable here; a person judges."
    apart = [max(line["observed_to_expected"], 1 / max(line["observed_to_expected"], 1e-9)) for line in lines]
    flagged = [line for line in lines if line["flag"]]
    worst = f"{max(apart):.2f}"
    fi = f"Suurin poikkeama {worst.replace('.', ',')}-kertainen, huomautuksia {len(flagged)}."
    en = f"Largest deviation {worst} times, {len(flagged)} flags."
    if flagged:
        heavy = any(a >= WORST for a, line in zip(apart, lines, strict=True) if line["flag"])
        return ("--" if heavy or len(flagged) > 1 else "-"), fi, en
    return "0", fi, en


def _access(report: Mapping[str, Any], _: str) -> Suggested:
    """Can everybody be told: share of clients about whom the model says nothing."""
    sample = report["figures"].get("sample")
    if not sample or not sample["clients"]:
        return None, "Ei koske yksittäistä asiakasta; ihminen arvioi.", "Not about one client; a person judges."
    share = sample["answered"] / sample["clients"]
    fi = f"Malli vastaa {100 * share:.0f} %:sta asiakkaista; perustelut suomeksi, ruotsiksi ja englanniksi."
    en = f"The model answers about {100 * share:.0f} % of clients; reasons in three languages."
    return "0", fi, en


def _others(report: Mapping[str, Any], _: str) -> Suggested:
    """What happens to those whom the model does not raise: has anybody looked?"""
    told = (report["facts"] or {}).get("decisions") or {}
    if not told.get("reviews"):
        return (
            "-",
            "Niistä, joita malli ei nosta, ei ole vielä tarkastettu ketään.",
            "Nobody has reviewed those whom the model does not raise.",
        )
    return "0", "Satunnaistarkastus on käytössä.", "The random review is in use."
