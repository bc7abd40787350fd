"""The model card: two pages that say what the model is for, how good, for whom not, and who answers for it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluation.audit.blocks import Block, Facts, Section, Table, Words
from evaluation.audit.sections import sections
from evaluation.audit.sections.governed import impact_table, risk_table
from evaluation.audit.sections.said import between, day, number, percent, text
from evaluation.report.shap_report import report_environment

Report = Mapping[str, Any]


def card(report: Report) -> list[Section]:
    """The card's parts as blocks, after Model Facts (Sendak et al. 2020) and Mitchell et al. 2019."""
    identity, owners = report["identity"], report["owners"]
    whole = {section.number: section for section in sections(report)}
    return [
        Section(1, "Malli", "Model", [
            Facts([
                ("Nimi ja versio", f"{identity['name']} {identity['version']}"),
                ("Tiedot loppuun", day(identity["data_until"])),
                ("Bundlen tiiviste", identity["bundle_sha256"]),
                ("Määrittelyn omistaja", text(owners["definer"])),
                ("Tietojen luotettavuus", text(owners["data_reliability"])),
                ("Käyttöohje", text(owners["user_guide"])),
            ]),
        ]),
        Section(2, "Käyttö ja rajat", "Uses, directions and warnings", whole[2].blocks),
        Section(3, "Osuvuus", "Validation and performance", list(_performance(report))),
        Section(4, "Ketkä", "Groups", list(_groups(report))),
        Section(5, "Ihmisiin kohdistuvat vaikutukset", "People-impact assessment", [impact_table(report)]),
        Section(6, "Riskit", "Risks", [risk_table(report)]),
    ]  # fmt: skip


def _performance(report: Report) -> Iterator[Block]:
    yield Words(report["verdict"]["sentence"]["fi"], report["verdict"]["sentence"]["en"])
    figures = report["figures"]
    if "performance" in figures:
        rows = [
            [
                one["id"],
                f"{number(m['auroc']['value'])} ({between(m['auroc']['low'], m['auroc']['high'])})",
                number(m["auroc"]["baseline"]),
                number(m["calibration_slope"]["value"], 2),
                number(m["observed_to_expected"]["value"], 2),
            ]
            for one in figures["performance"]
            for m in [one["metrics"]]
        ]
        yield Table("Osuvuus", ("Tulos", "AUROC (95 %)", "Vertailumalli", "Kulmakerroin", "Tot. / enn."), rows)
    else:
        one = figures["whole"]
        rows = [["kaikki", number(one["mase"]), number(one["baseline_mase"]), percent(one["coverage80"])]]
        yield Table("Ennustevirheet", ("Osa", "MASE", "Naiivin MASE", "80 %:n väli kattaa"), rows)


def _groups(report: Report) -> Iterator[Block]:
    flagged = [
        f"{line['grouping']} {line['group']}: {number(line['observed_to_expected'], 2)}"
        for one in report["figures"].get("performance", ())
        for line in one["groups"]
        if line["flag"]
    ]
    told = "; ".join(flagged) or "ei huomautuksia"
    yield Words(
        f"Ryhmät, joissa tarvetta ali- tai yliarvioidaan: {told}.", "Groups whose need is under- or over-rated."
    )


def card_html(report: Report) -> str:
    """The card as a page of its own."""
    return report_environment().get_template("card.html.j2").render(report=report, sections=card(report))


def card_markdown(report: Report) -> str:
    """The card as text for a repository or a catalogue."""
    identity = report["identity"]
    lines = [f"# {identity['name']}, versio {identity['version']}", ""]
    for section in card(report):
        lines += [f"## {section.fi} ({section.en})", ""]
        for block in section.blocks:
            lines += [*_markdown(block), ""]
    return "\n".join(lines).rstrip() + "\n"


def _markdown(block: Block) -> Iterator[str]:
    if isinstance(block, Facts):
        yield from (f"* {name}: {value}" for name, value in block.rows)
    elif isinstance(block, Table):
        yield f"**{block.caption}**"
        yield ""
        yield _row(block.columns)
        yield _row(["---"] * len(block.columns))
        yield from (_row(row) for row in block.rows)
    else:
        yield block.fi


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
