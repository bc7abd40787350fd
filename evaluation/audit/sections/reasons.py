"""Sections 10–11: what the model rests on, and whether its explanations are true."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation import charts
from evaluation.audit.against.evidence import missing
from evaluation.audit.blocks import Block, Facts, Heading, Table, Words
from evaluation.audit.sections.said import between, count, family, group, grouping, number, percent, power
from evaluation.charts import Bar
from models.oversight.limits import ADDITIVITY, AGREEMENT

Report = Mapping[str, Any]
PARTS = {
    "calendar": "kalenteri",
    "level_trend": "taso ja suunta",
    "population": "väestö",
    "drivers": "ajurit",
    "statistical": "tilastolliset jäsenet",
}
BANDS = {"top_tenth": "suurin kymmenes", "next_40_percent": "seuraavat 40 %", "lower_half": "pienin puolikas"}


def explanation(report: Report) -> list[Block]:
    """10: global, direction, interactions, groups, proxies, stability, examples."""
    figures = report["figures"]
    if "explanation" not in figures:
        return [*_forecast_parts(figures["explained"]), *missing(report, "forecast_explanations")]
    sample = figures["sample"]
    blocks: list[Block] = [
        Words(
            f"Laskettu shap-kirjastolla {count(sample['rows'])} asiakkaan otoksesta (kymmenyksittäin, "
            f"{count(sample['answered'])} asiakkaasta). ± on keskivirhe. Yksikkö: log-odds.",
            "shap package on a stratified sample; ± standard error; log-odds.",
        )
    ]
    for one in figures["explanation"]:
        blocks += [Heading(one["name"].get("fi", one["id"]), one["name"].get("en", ""))]
        blocks += [_importance(report, one), _direction(report, one), *_interactions(report, one)]
        blocks += [_by_group(report, one), _proxies(report, one), *_stability(one)]
        blocks += [*_changes(report, one), *_examples(one)]
    return blocks + missing(report, "seed_stability", "retrain_stability")


def _importance(report: Report, one: Mapping[str, Any]) -> Table:
    lines = [line for line in one["importance"] if line["mean"] > 0][:15]
    rows = [
        [
            family(report, line["family"]),
            str(report["families"].get(line["family"], {}).get("source", "")),
            f"{number(line['mean'])} ± {number(line['standard_error'], 4)}",
            percent(line["share"]),
            number(line["signed"]),
        ]
        for line in lines
    ]
    items = [Bar(family(report, line["family"]), line["mean"], line["standard_error"]) for line in lines]
    columns = ("Tietoryhmä", "Lähde", "Keskivaikutus", "Osuus", "Etumerkillinen keskiarvo")
    picture = charts.bars(items, "Mihin malli perustuu")
    return Table("Mihin malli perustuu", columns, rows, frozenset({1}), picture)


def _direction(report: Report, one: Mapping[str, Any]) -> Table:
    def said(rises: float | None) -> str:
        if rises is None:
            return "–"
        return "suurempi nostaa" if rises > 0.3 else "suurempi laskee" if rises < -0.3 else "ei yhtä suuntaa"

    rows = [
        [
            f"{family(report, line['family'])} ({line['feature']})",
            *(number(line[part]) for part in ("low", "middle", "high", "unknown")),
            said(line["rises"]),
        ]
        for line in one["direction"]
    ]
    items = [
        Bar(family(report, line["family"]), line["high"] - line["low"])
        for line in one["direction"]
        if line["high"] is not None and line["low"] is not None
    ]
    columns = ("Tietoryhmä ja tieto", "Pieni arvo", "Keskisuuri", "Suuri arvo", "Ei tietoa", "Suunta")
    picture = charts.signed_bars(items, "Suuren ja pienen arvon ero vaikutuksessa") if items else None
    return Table("Mihin suuntaan", columns, rows, frozenset({5}), picture)


def _interactions(report: Report, one: Mapping[str, Any]) -> Iterator[Block]:
    found = one["interactions"]
    if found is None:
        yield Words("Mallissa ei ole puita, joten yhdysvaikutuksia ei ole.", "No trees, hence no interactions.")
        return
    named = [(f"{family(report, p['first'])} × {family(report, p['second'])}", p) for p in found["pairs"]]
    rows = [[name, f"{number(p['mean'], 4)} ± {number(p['standard_error'], 4)}"] for name, p in named]
    items = [Bar(name, p["mean"], p["standard_error"]) for name, p in named]
    yield Table(
        f"Yhdysvaikutukset ({found['rows']} riviä; {percent(found['share'])} kaikesta liikkeestä)",
        ("Tietoryhmien pari", "Keskivaikutus"),
        rows,
        picture=charts.bars(items, "Vahvimmat yhdysvaikutukset") if items else None,
    )


def _by_group(report: Report, one: Mapping[str, Any]) -> Table:
    lines = one["by_group"]
    shown = next((list(line["families"]) for line in lines if line["families"]), [])
    rows = [
        [
            f"{grouping(line['grouping'])}: {group(line['group'])}",
            count(line["n"]),
            *(number((line["families"] or {}).get(name)) for name in shown),
        ]
        for line in lines
    ]
    columns = ("Ryhmä", "Otoksessa", *(family(report, name) for name in shown))
    return Table("Painot ryhmittäin", columns, rows)


def _proxies(report: Report, one: Mapping[str, Any]) -> Table:
    rows = []
    for line in one["proxies"]:
        best = line["families"][0]
        stands_in = [family(report, f["family"]) for f in line["families"] if f["proxy"]]
        rows.append(
            [
                f"{grouping(line['grouping'])}: {group(line['group'])}",
                count(line["n"]),
                number(line["score_auc"], 2),
                f"{family(report, best['family'])} {number(best['auc'], 2)}",
                ", ".join(stands_in) or "ei",
            ]
        )
    columns = ("Ryhmä", "Otoksessa", "Todennäköisyys kertoo", "Parhaiten kertova tieto", "Sijaismuuttuja")
    return Table("Kertovatko tiedot suojatusta piirteestä (0,5 = ei)", columns, rows, frozenset({3, 4}))


def _changes(report: Report, one: Mapping[str, Any]) -> Iterator[Block]:
    found = one["changes"]
    if found is None:
        return
    yield Words(
        f"Mikä muuttaisi tulosta: {found['clients']} suurimman kymmenyksen asiakkaasta {percent(found['reached'])} "
        f"siirtyisi rajan {percent(found['line'])} alle, kun enintään muutama muuttuva tieto olisi toinen.",
        "Counterfactual summary: it describes the model and is not advice.",
    )
    if found["families"]:
        rows = [[family(report, line["family"]), percent(line["share"])] for line in found["families"]]
        yield Table("Muuttuvat tiedot", ("Tietoryhmä", "Osuus asiakkaista"), rows)


def _stability(one: Mapping[str, Any]) -> Iterator[Block]:
    rows = [
        [f"siemenluku {line['seed']}", number(line["rank"]), percent(line["overlap"]), "–"]
        for line in one["seeds"] or ()
    ]
    rows += [
        [f"versio {line['version']}", number(line["rank"]), percent(line["overlap"]), number(line["correlation"])]
        if line["comparable"]
        else [f"versio {line['version']}", "eri tiedot", "–", "–"]
        for line in one["retrains"]
    ]
    if rows:
        columns = ("Toinen opetus", "Painojen järjestys (1 = sama)", "Samat 10 painavinta", "Log-odds-korrelaatio")
        yield Table("Pysyvyys", columns, rows)


def _examples(one: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Esimerkkiperusteluja segmenteittäin", "Means over many clients, never one person's")
    for part in one["examples"]:
        name = BANDS.get(part["segment"], part["segment"])
        if not part["reasons"]:
            yield Words(f"{name}: piilotettu, koska asiakkaita on liian vähän.", "Hidden: too few clients.")
            continue
        rows = [
            [r["name"].get("fi", r["concept"]), number(r["mean"]), percent(r["among_three"]), _median(r)]
            for r in part["reasons"]
        ]
        items = [Bar(r["name"].get("fi", r["concept"]), r["mean"]) for r in part["reasons"]]
        yield Table(
            f"{name} ({count(part['n'])} asiakasta)",
            ("Syy", "Keskivaikutus", "Kolmen painavimman joukossa", "Tyypillinen arvo (mediaani)"),
            rows,
            picture=charts.signed_bars(items, f"{name}: keskimääräiset perustelut"),
        )


def _median(reason: Mapping[str, Any]) -> str:
    return "–" if reason["median"] is None else f"{number(reason['median'], 1)} ({reason['feature']})"


def _forecast_parts(explained: Mapping[str, Any] | None) -> Iterator[Block]:
    if explained is None:
        return
    yield Words(
        f"Jokainen näytetty luku ({count(explained['rows'])}, {explained['series']} sarjaa) on jaettu osiin "
        "Shapley-arvoin, sarjan omassa yksikössä.",
        "Group Shapley values of every shown number, in its own unit.",
    )
    lines = [(PARTS[one["group"]], one["share"]) for one in explained["groups"]]
    lines.append(("selittämättä (jäännös)", explained["remainder_share"]))
    rows = [[name, percent(share)] for name, share in lines]
    picture = charts.bars([Bar(name, share) for name, share in lines], "Mikä ennustetta liikuttaa")
    yield Table("Mikä ennustetta liikuttaa", ("Osa", "Osuus liikkeestä"), rows, picture=picture)


def quality(report: Report) -> list[Block]:
    """11: the checks, each with its limit."""
    figures = report["figures"]
    if "explanation" not in figures:
        explained = figures["explained"]
        facts = (
            [("Osat summautuvat lukuun", f"suurin ero {power(explained['gap'])} (raja {power(ADDITIVITY)})")]
            if explained
            else []
        )
        facts += [("Jäännös", percent(explained["remainder_share"]))] if explained else []
        return [Facts(facts), *missing(report, "forecast_explanations")]
    replayed = figures["replayed"]
    blocks: list[Block] = [
        Facts(
            [
                (
                    "Mallin omat koerivit",
                    f"{replayed['outputs']} tulosta, {percent(replayed['equal'])} samoja, "
                    f"suurin ero {power(replayed['largest'])}",
                )
            ]
        )
    ]
    for one in figures["explanation"]:
        blocks += [Heading(one["name"].get("fi", one["id"]), one["name"].get("en", "")), _checks(one["checks"])]
    return blocks


def _checks(found: Mapping[str, Any]) -> Table:
    add, alone, noise = found["additivity"], found["alone"], found["noise"]
    shuffled, said = found["permutation"], found["sentences"]
    rows = [
        ["Summautuvat näytettyyn lukuun", power(add["served"]), power(ADDITIVITY), _ok(add["served"] <= ADDITIVITY)],
        ["shap-kirjaston luvut summautuvat", power(add["shap"]), power(AGREEMENT), _ok(add["shap"] <= AGREEMENT)],
        [
            "Samat kuin shap-kirjaston omalla laskulla",
            power(add["agreement"]),
            power(AGREEMENT),
            "ei tarkistettu" if add["agreement"] is None else _ok(add["agreement"] <= AGREEMENT),
        ],
        [f"Yksin sama kuin joukossa ({alone['rows']})", percent(alone["equal"]), "100 %", _ok(alone["equal"] == 1)],
        [f"Pienen kohinan jälkeen samat 5 syytä ({noise['rows']})", percent(noise["overlap"]), "kerrotaan", ""],
        [
            "Todennäköisyys liikkui kohinassa (keskim. / eniten)",
            between(noise["moved_mean"], noise["moved_most"], 4),
            "kerrotaan",
            "",
        ],
        [f"Sama järjestys kuin sekoittamalla ({shuffled['rows']})", number(shuffled["rank"]), "kerrotaan", ""],
        [
            f"Lauseen luku on asiakkaan luku ({said['with_number']})",
            percent(said["consistent"]),
            "100 %",
            _ok(said["consistent"] == 1),
        ],
        ["Painavin syy sanotaan", percent(said["heaviest_said"]), "100 %", _ok(said["heaviest_said"] == 1)],
    ]
    return Table("Perustelujen laatu", ("Tarkistus", "Tulos", "Raja", "Täyttyy"), rows, frozenset({3}))


def _ok(holds: bool) -> str:
    return "kyllä" if holds else "EI"
