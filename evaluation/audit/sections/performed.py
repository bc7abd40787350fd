"""Sections 7–9: performance, groups, uncertainty."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation import charts
from evaluation.audit.against.evidence import missing
from evaluation.audit.blocks import Block, Heading, Table, Words
from evaluation.audit.sections.compared import group_table, published
from evaluation.audit.sections.said import between, count, day, group, grouping, number, percent
from evaluation.charts import Bar, Dot

Report = Mapping[str, Any]
METRICS = {
    "auroc": "Erottelukyky (AUROC; 0,5 = arvaus, 1 = täydellinen)",
    "auprc": "Tarkkuus–saanti (AUPRC; esiintyvyys = arvaus)",
    "brier": "Brierin virhe (0 = täydellinen)",
    "log_loss": "Logaritminen virhe (0 = täydellinen)",
    "calibration_slope": "Kalibroinnin kulmakerroin (1 = oikein)",
    "calibration_intercept": "Kalibroinnin taso (0 = oikein)",
    "observed_to_expected": "Toteutunut / ennustettu (1 = yhtä monta)",
}
BASE = "Vertailumalli"


def performance(report: Report) -> list[Block]:
    """7: against the baseline on rows the model never saw."""
    figures = report["figures"]
    blocks = list(_client(figures)) if "performance" in figures else list(_planning(figures))
    return blocks + missing(report, "simulator_truth", "other_county")


def _client(figures: Mapping[str, Any]) -> Iterator[Block]:
    for one in figures["performance"]:
        yield Heading(
            _title(figures, one["id"]),
            f"{one['rows']} rows of {one['clients']} clients, {one['events']} with the outcome",
        )
        yield Words(
            f"{count(one['rows'])} riviä, {count(one['clients'])} asiakasta, päivät {day(one['first_as_of'])}–"
            f"{day(one['last_as_of'])}; tapaus toteutui {percent(one['prevalence'])}:ssa riveistä.",
            "Temporal hold-out; 95 % intervals by client-level bootstrap.",
        )
        yield _metrics(one)
        yield _reliability(one)
        yield _thresholds(one)
    if figures["classes"]:
        names = ("macro_f1", "kappa", "accuracy")
        rows = [
            [name, number(figures["classes"][name]), number(figures["classes"][f"baseline_{name}"])] for name in names
        ]
        yield Table("Segmenttiehdotukset", ("Mittari", "Malli", BASE), rows)


def _title(figures: Mapping[str, Any], id: str) -> str:
    """An output's Finnish name."""
    names = {one["id"]: one["name"] for one in figures["explanation"]}
    return str(names.get(id, {}).get("fi", id))


def _metrics(one: Mapping[str, Any]) -> Table:
    rows, items = [], []
    for name, shown in METRICS.items():
        f = one["metrics"][name]
        gain = f"{number(f['gain'])} ({between(f['gain_low'], f['gain_high'])})"
        base = f"{number(f['baseline'])} ({between(f['baseline_low'], f['baseline_high'])})"
        rows.append([shown, number(f["value"]), between(f["low"], f["high"]), base, gain])
        if name in ("auroc", "auprc") and f["value"] is not None:
            items.append(Dot(f"{name.upper()}, malli", f["value"], f["low"], f["high"]))
            items.append(
                Dot(f"{name.upper()}, vertailumalli", f["baseline"], f["baseline_low"], f["baseline_high"], True)
            )
    picture = charts.dots(items, f"{one['id']}: erottelukyky väleineen")
    return Table("Osuvuus", ("Mittari", "Malli", "95 %:n väli", BASE, "Ero"), rows, picture=picture)


def _reliability(one: Mapping[str, Any]) -> Table:
    points = [tuple(point) for point in one["reliability"]]
    rows = [[f"ryhmä {place}", count(n), percent(p), percent(seen)] for place, (n, p, seen) in enumerate(points, 1)]
    picture = charts.calibration_plot(points, f"{one['id']}: kalibrointi") if points else None
    return Table("Kalibrointi", ("Todennäköisyydet", "Rivejä", "Malli", "Toteutui"), rows, picture=picture)


def _thresholds(one: Mapping[str, Any]) -> Table:
    rows = [
        [
            percent(line["threshold"], 0),
            percent(line["offered"]),
            percent(line["recall"]),
            percent(line["precision"]),
            percent(line["specificity"]),
            number(line["net_benefit"], 4),
            number(line["baseline_net_benefit"], 4),
            number(line["everybody_net_benefit"], 4),
        ]
        for line in one["thresholds"]
    ]
    columns = ("Raja", "Tarjotaan", "Saanti", "Osuvuus", "Tarkkuus", "Nettohyöty", BASE, "Kaikille")
    return Table("Rajat ja nettohyöty", columns, rows)


def _planning(figures: Mapping[str, Any]) -> Iterator[Block]:
    yield Words(
        f"{count(figures['rows'])} ennustettua arvoa, lähtöpäivät {day(figures['first_origin'])}–"
        f"{day(figures['last_origin'])} ({figures['origins']}). Naiivi = sama jakso vuosi sitten tai viime viikko.",
        "Rolling-origin back-test; windows that chose nothing.",
    )
    lines = [("kaikki", figures["whole"])] + [(f"{one['from']}–{one['to']} jaksoa", one) for one in figures["by_step"]]
    rows = [
        [
            name,
            number(one["mase"]),
            number(one["baseline_mase"]),
            percent(one["wape"]),
            percent(one["baseline_wape"]),
            percent(one["bias"]),
        ]
        for name, one in lines
    ]
    picture = charts.bars([Bar(name, one["mase"]) for name, one in lines], "MASE ennustejakson mukaan")
    columns = ("Jaksoja eteenpäin", "MASE", "Naiivin MASE", "WAPE", "Naiivin WAPE", "Harha")
    yield Table("Ennustevirheet", columns, rows, picture=picture)


def groups(report: Report) -> list[Block]:
    """8: is it as good for everybody?"""
    figures = report["figures"]
    if "performance" not in figures:
        return [_parts(figures), *published(report["fairness"]), *missing(report, "part_errors")]
    blocks: list[Block] = []
    for one in figures["performance"]:
        blocks += [
            Heading(_title(figures, one["id"]), "difference from everybody; cells below 5 hidden"),
            group_table(one),
        ]
    return [*blocks, *published(report["fairness"]), *missing(report, "fairness_tables")]


def _parts(figures: Mapping[str, Any]) -> Table:
    rows = [
        [one["part"], count(one["rows"]), number(one["mase"]), number(one["baseline_mase"]), percent(one["bias"])]
        for one in figures["by_part"]
    ]
    picture = charts.bars(
        [Bar(one["part"], one["mase"]) for one in figures["by_part"]], "MASE alueittain tai vaiheittain"
    )
    return Table(
        "Alueittain tai vaiheittain", ("Osa", "Arvoja", "MASE", "Naiivin MASE", "Harha"), rows, picture=picture
    )


def uncertainty(report: Report) -> list[Block]:
    """9: are intervals and sets what they promise?"""
    figures = report["figures"]
    if "performance" not in figures:
        lines = [("kaikki", figures["whole"])]
        lines += [(one["part"], one) for one in figures["by_part"]]
        rows = [[name, percent(one["coverage80"]), percent(one["coverage95"])] for name, one in lines]
        return [Table("Osuus arvoista välin sisällä", ("Osa", "80 %:n väli", "95 %:n väli"), rows)]
    sets, blocks = figures["sets"], list[Block]()
    if sets:
        rows = [["kaikki", percent(sets["coverage"]), number(sets["size"], 2), percent(sets["singletons"])]]
        blocks.append(Table("Segmenttijoukot", ("Ryhmä", "Kattavuus", "Joukon koko", "Yksi segmentti"), rows))
        lines = (sets["report"] or {}).get("coverage", sets["report"] or {}).get("groups", ())
        told = [
            [f"{grouping(line['grouping'])}: {group(line['group'])}", count(line["n"]), percent(line["share"])]
            for line in lines
            if "share" in line
        ]
        if told:
            blocks.append(Table("Kattavuus ryhmittäin", ("Ryhmä", "Asiakkaita", "Kattavuus"), told))
    else:
        blocks.append(
            Words(
                "Malli antaa todennäköisyyden, ei joukkoa eikä väliä: epävarmuus luetaan kalibroinnista (kohta 7).",
                "One calibrated probability: its uncertainty is read from the calibration in section 7.",
            )
        )
    return blocks
