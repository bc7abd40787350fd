"""Sections 12–15: human oversight, monitoring, change history, access."""

from collections.abc import Mapping
from typing import Any

from evaluation.audit.against.evidence import missing
from evaluation.audit.blocks import Block, Facts, Heading, Table, Words
from evaluation.audit.sections.said import count, number, percent, text

Report = Mapping[str, Any]


def oversight(report: Report) -> list[Block]:
    """12: what people did with the answers."""
    facts = report["facts"]
    blocks: list[Block] = []
    if facts and facts["decisions"]:
        told = facts["decisions"]
        blocks.append(
            Facts(
                [
                    ("Näytettyjä vastauksia", count(told["answers"])),
                    ("Päätöksiä", count(told["decisions"])),
                    ("Katsotuista päätettiin", percent(told["decided_share"])),
                    ("Muutettiin tai hylättiin", percent(told["override_share"])),
                    ("Sekunteja katsomisesta päätökseen (mediaani)", number(told["median_seconds"], 0)),
                    ("Oma näkemys ennen arviota", count(told["own_views"])),
                ]
            )
        )
        rows = [[reason, count(n)] for reason, n in told["reasons"]]
        blocks += [Table("Muutosten syyt", ("Syy", "Päätöksiä"), rows)] if rows else []
        blocks += _by_unit(told)
        rows = [[finding, count(n)] for finding, n in told["reviews"]]
        blocks += (
            [
                Heading("Niiden joita malli ei nostanut, satunnaistarkastus", "Review of clients no list selected"),
                Table("Satunnaistarkastus", ("Havainto", "Asiakkaita"), rows),
            ]
            if rows
            else []
        )
    blocks.append(impact_table(report))
    blocks.append(risk_table(report))
    return blocks + missing(report, "logs", "decisions", "reviews", "impact_signed")


def _by_unit(told: Report) -> list[Block]:
    """How the proposals were used in each unit, and what was said of single alerts."""
    shares = ("opened", "decided", "accepted", "overridden", "not_enough_data")
    heads = ("Yksikkö", "Avattu", "Päätetty", "Hyväksytty", "Muutettu", "Ei arvioitavissa", "Sekunteja, mediaani")
    used = [
        [one["unit"], *(percent(one[name]) for name in shares), number(one["median_seconds"], 0)]
        for one in told.get("usability", ())
    ]
    alerts = [
        [one["alert"], one["unit"], count(one["confirmed"]), count(one["dismissed"])] for one in told.get("alerts", ())
    ]
    tables = (
        ("Käytettävyys yksiköittäin, osuus asiakkaista", heads, used),
        ("Herätteiden päätökset", ("Heräte", "Yksikkö", "Vahvistettu", "Kuitattu aiheettomaksi"), alerts),
    )
    words: tuple[frozenset[int], ...] = (frozenset(), frozenset({1}))
    return [Table(*one, words=own) for one, own in zip(tables, words, strict=True) if one[2]]


def impact_table(report: Report) -> Table:
    """The rows of the people-impact assessment with their state."""
    impact = report["impact"]
    rows = [[line["name"]["fi"], line["rating"] or "–", line["why"]["fi"]] for line in impact["rows"]]
    state = {
        "signed": f"allekirjoitti {impact['who']}, voimassa {impact['due']} asti",
        "overdue": f"VANHENTUNUT: allekirjoitettu {impact['at']}, olisi pitänyt uusia {impact['due']}",
        "unsigned": "ei allekirjoitettu: mittausten ehdotus",
        "broken": "allekirjoitus ei täsmää",
    }[impact["state"]]
    caption = f"Ihmisiin kohdistuvat vaikutukset ({state})"
    return Table(caption, ("Kohde", "Arvio (++ … −−)", "Peruste"), rows, frozenset({1, 2}))


def risk_table(report: Report) -> Table:
    """The model risk register, the heaviest first."""
    rows = [
        [
            line["name"]["fi"],
            str(line["likelihood"]),
            str(line["impact"]),
            str(line["score"]),
            line["why"]["fi"],
            line["action"]["fi"],
            text(line["owner"]),
        ]
        for line in report["risks"]
    ]
    columns = ("Riski", "Todennäköisyys", "Vaikutus", "Pisteet", "Peruste", "Toimenpide", "Omistaja")
    return Table("Riskirekisteri (1–5 × 1–5)", columns, rows, frozenset({4, 5, 6}))


def monitoring(report: Report) -> list[Block]:
    """13: does it still hold?"""
    found = report["monitor"]
    blocks: list[Block] = []
    if found:
        blocks.append(Facts([(name, text(value)) for name, value in found["facts"]]))
    return blocks + missing(report, "monitoring")


def history(report: Report) -> list[Block]:
    """14: every version, who let it live and why, and what changed."""
    blocks: list[Block] = []
    rows = [
        [line["version"], line["registered"][:10], line["bundle_sha256"][:12], line["snapshot_sha256"][:12]]
        for line in report["versions"]
    ]
    blocks.append(
        Table("Rekisteröidyt versiot", ("Versio", "Rekisteröity", "Bundle", "Aineisto"), rows, frozenset({1, 2, 3}))
    )
    ledger = (report["facts"] or {}).get("promotions")
    if ledger:
        rows = [
            [one["at"], one["act"], one["version"], one["who"], one["why"], _diff(one)]
            for one in ledger
            if one["name"] == report["identity"]["name"]
        ]
        columns = ("Milloin", "Teko", "Versio", "Kuka", "Miksi", "Ennen → jälkeen")
        blocks.append(Table("Käyttöönottojen kirja", columns, rows, frozenset(range(1, 6))))
        waivers = [
            check["waiver"]
            for one in ledger
            if one["name"] == report["identity"]["name"]
            for check in one["checks"]
            if check.get("waiver")
        ]
        rows = [
            [text(one.get("rule")), text(one.get("who")), text(one.get("why")), text(one.get("until"))]
            for one in waivers
        ]
        blocks += (
            [Table("Poikkeusluvat", ("Sääntö", "Kuka", "Miksi", "Asti"), rows, frozenset({1, 2, 3}))] if rows else []
        )
    return blocks + missing(report, "ledger")


def _diff(one: Mapping[str, Any]) -> str:
    shown = []
    for name in ("auroc", "mase", "macro_f1"):
        after, before = one["metrics"].get(name), one["metrics_before"].get(name)
        if after is not None:
            shown.append(f"{name} {number(before)} → {number(after)}")
    return "; ".join(shown) or "–"


def access(report: Report) -> list[Block]:
    """15: who used it, and whether the logs are whole."""
    facts = report["facts"]
    blocks: list[Block] = []
    if facts:
        rows = [
            [one["log"], count(one["entries"]), "ehjä" if one["first_bad"] is None else f"RIKKI {one['first_bad']}"]
            for one in facts["chains"]
        ]
        blocks.append(Table("Lokien ketjut", ("Loki", "Tapahtumia", "Ketju"), rows, frozenset({2})))
        told = facts["access"]
        if told:
            blocks += [
                Words(
                    f"12 kuukautta {facts['made']} asti: {count(told['events'])} tapahtumaa, "
                    f"{count(told['denied'])} torjuttua yritystä, {count(told['errors'])} virhettä, "
                    f"{count(told['break_glass'])} hätäkatselua, {count(told['out_of_hours'])} iltaisin tai öisin.",
                    "Twelve months of the audit log.",
                ),
                Table("Tapahtumat", ("Tapahtuma", "Määrä"), [[name, count(n)] for name, n in told["by_event"]]),
            ]
            rows = [[ground, count(n)] for ground, n in told["denied_by_ground"]]
            blocks += [Table("Torjuntojen perusteet", ("Peruste", "Määrä"), rows)] if rows else []
    return blocks + missing(report, "logs")
