"""Section 8: groups beside everybody else, from the stored predictions and from the published fairness report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation import charts
from evaluation.audit.blocks import Block, Heading, Table, Words
from evaluation.audit.sections.said import between, count, group, grouping, number, percent
from evaluation.charts import Dot

FIGURES = {
    **{"recall": "saanti", "observed_to_expected": "toteutunut / ennustettu", "coverage": "peittävyys"},
    **{"coverage80": "80 %:n välin peittävyys", "wape": "suhteellinen virhe", "mean_absolute_error": "keskivirhe"},
    **{"need_to_predicted": "tarve / ennustettu", "chance_to_predicted": "todellinen todennäköisyys / ennustettu"},
    **{"agreement": "sama kuin kirjattu", "calibration_slope": "kalibroinnin kulmakerroin"},
}


def group_table(one: Mapping[str, Any]) -> Table:
    """One output's groups beside everybody else."""
    lines = _dividing(one["groups"])
    rows = [
        [
            f"{grouping(line['grouping'])}: {group(line['group'])}",
            count(line["n"]),
            percent(line["predicted"]),
            percent(line["observed"]),
            number(line["observed_to_expected"], 2),
            _with_interval(line),
            number(line["auroc_difference"], 2),
            {"under-predicted": "tarve aliarvioidaan", "over-predicted": "tarve yliarvioidaan"}.get(line["flag"], ""),
        ]
        for line in lines
    ]
    items = [
        Dot(f"{grouping(line['grouping'])}: {group(line['group'])}", line["observed_to_expected"], None, None)
        for line in lines
        if line["observed_to_expected"] is not None
    ]
    columns = ("Ryhmä", "Asiakkaita", "Ennustettu", "Toteutui", "Tot. / enn.", "AUROC (väli)", "Ero", "Huomio")
    picture = charts.dots(items, f"{one['id']}: toteutunut / ennustettu ryhmittäin", 1.0) if items else None
    return Table("Tulokset ryhmittäin", columns, rows, frozenset({7}), picture)


def _dividing(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without a grouping in which everybody is alike: its one line is the whole model's."""
    sizes = Counter(line["grouping"] for line in lines)
    return [line for line in lines if sizes[line["grouping"]] > 1]


def _with_interval(line: Mapping[str, Any]) -> str:
    if line["auroc"] is None:
        return "–"
    return f"{number(line['auroc'], 2)} ({between(line['auroc_low'], line['auroc_high'], 2)})"


def published(fairness: Mapping[str, Any] | None) -> list[Block]:
    """How many groups were compared, which have a verdict, and whether the model tells who records."""
    if not fairness:
        return []
    flagged = len(fairness["flagged"])
    found = f"{flagged} ryhmässä on huomautus" if flagged else "missään ryhmässä ei ole huomautusta"
    blocks: list[Block] = [
        Heading("Yhdenvertaisuusraportti", "Published fairness tables"),
        Words(
            f"Julkaistu tiedostossa {fairness['file']}: {fairness['groups']} ryhmää, joista {fairness['hidden']} "
            f"piilotettu; {found}.",
            "The full tables are in the published fairness report.",
        ),
    ]
    blocks += [_flagged(fairness["flagged"])] if flagged else []
    return [*blocks, *_true_need(fairness["true_need"]), *_encoding(fairness["encoding"])]


def _true_need(found: Mapping[str, Any] | None) -> list[Block]:
    """Does the model see the need of every group?  Only the simulator knows a need that nobody met."""
    if found is None:
        return []
    if found["not_available"]:
        return [Words("Todellista tarvetta ei tiedetä: rekistereissä on vain käyttö.", str(found["not_available"]))]
    flagged = len(found["flagged"])
    said = Words(
        f"Todellista tarvetta vasten verrattiin {found['groups']} ryhmää, joista {flagged} sai huomautuksen.",
        f"Against the simulator's true need: {found['groups']} groups, {flagged} flagged.",
    )
    caption = "Ryhmät joiden todellisen tarpeen malli näkee muita huonommin tai paremmin"
    return [said, *([_flagged(found["flagged"], caption)] if flagged else [])]


def _flagged(lines: Sequence[Mapping[str, Any]], caption: str = "Ryhmät joissa on huomautus") -> Table:
    rows = [
        [f"{grouping(one['trait'])}: {group(one['group'])}", one["output"], _named(one["verdict"])] for one in lines
    ]
    return Table(caption, ("Ryhmä", "Tulos", "Mittari"), rows, frozenset({1, 2}))


def _named(verdict: Sequence[str]) -> str:
    return ", ".join(FIGURES.get(name, name) for name in verdict)


def _encoding(found: Mapping[str, Any] | None) -> list[Block]:
    """Does the model tell where somebody is recorded?  From the adversaries of its training."""
    rows = [
        [
            f"{grouping(one['trait'])}: {group(one['group'])}",
            one["output"],
            number(one["from_score"], 2),
            number(one["from_score_at_same_outcome"], 2),
            number(one["from_features"], 2),
        ]
        for one in (found or {}).get("adversaries", ())
    ]
    columns = ("Kirjaava taho", "Tulos", "Pisteistä", "Samassa tarpeessa", "Piirteistä")
    caption = "Näkyykö kirjaava taho (AUC; 0,5 = ei näy)"
    return [Table(caption, columns, rows, frozenset({1}))] if rows else []
