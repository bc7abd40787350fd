"""Every kind of evidence that a rule of the coverage matrix may ask for."""

from typing import Any

from evaluation.audit.against.kinds import Evidence, Report
from models.oversight.limits import ADDITIVITY, AGREEMENT


def _figures(report: Report) -> Any:
    return report["figures"]


def _explained(report: Report) -> Any:
    return _figures(report).get("explanation", [])


def _facts(report: Report, name: str) -> bool:
    return bool(report["facts"] and report["facts"].get(name))


def _measured(report: Report, metric: str) -> bool:
    parts = _figures(report).get("performance", [])
    return bool(parts) and all(one["metrics"][metric]["value"] is not None for one in parts)


def _checked(report: Report) -> bool:
    """Every explained number was told by two programs, adds up, and repeats."""
    found = [one["checks"] for one in _explained(report)]
    sums = [one["additivity"] for one in found]
    agreed = all(one["agreement"] is not None and one["agreement"] <= AGREEMENT for one in sums)
    return bool(found) and agreed and all(one["served"] <= ADDITIVITY for one in sums)


def _said(report: Report) -> bool:
    return bool(_explained(report)) and all(one["checks"]["sentences"]["consistent"] == 1 for one in _explained(report))


def _forecast_parts(report: Report) -> bool:
    found = _figures(report).get("explained")
    return found is not None and found["gap"] <= ADDITIVITY


def _conformal(report: Report) -> bool:
    return report["identity"]["kind"] != "segmentation" or bool(_figures(report)["sets"])


KNOWN: tuple[Evidence, ...] = (
    Evidence(
        "identity", lambda r: bool(r["identity"]["bundle_sha256"]), "Mallilla ei ole tiivistettä.", "No bundle hash."
    ),
    Evidence(
        "owners",
        lambda r: all(r["owners"].values()),
        "Määrittelyn, tietojen luotettavuuden tai käyttöohjeen omistajaa ei ole nimetty.",
        "No definer, data-reliability owner or user-guide owner is named.",
        "owners: in configs/audit.yaml",
    ),
    Evidence(
        "organisation",
        lambda r: all(r["organisation"][name] for name in ("controller", "contact", "senior_owner")),
        "Rekisterinpitäjää, yhteyttä tai vastuujohtajaa ei ole täytetty.",
        "Controller, contact or senior owner is not filled in.",
        "organisation: in configs/audit.yaml",
    ),
    Evidence("purpose", lambda r: bool(r["purpose"]["lines"]), "Käyttötarkoitusta ei ole.", "No stated purpose."),
    Evidence("meaning", lambda r: bool(r["meaning"]["outputs"]), "Tulosten merkitystä ei ole.", "No stated meaning."),
    Evidence(
        "privacy_assessment",
        lambda r: bool(r["organisation"]["privacy_assessment"]),
        "Tietosuojan vaikutustenarviointia ei ole liitetty; sen tekee rekisterinpitäjä.",
        "No data-protection impact assessment is linked; the controller makes it.",
        "organisation.privacy_assessment: in configs/audit.yaml",
    ),
    Evidence(
        "rights_assessment",
        lambda r: bool(r["organisation"]["rights_assessment"]),
        "Perusoikeusvaikutusten arviointia (tekoälyasetus 27 art.) ei ole liitetty; sen tekee käyttöönottaja.",
        "No fundamental-rights impact assessment (AI Act Art. 27) is linked; the deployer makes it.",
        "organisation.rights_assessment: in configs/audit.yaml",
    ),
    Evidence(
        "attrition",
        lambda r: bool(r["training"]["attrition"]),
        "Rajausten vaikutusta ei ole tallennettu.",
        "No cohort attrition is stored.",
        "python -m training.need",
        "client",
    ),
    Evidence(
        "leak_alarm",
        lambda r: bool(r["training"]["leaks"]),
        "Vuotohälytystä ei ole tallennettu.",
        "No leak alarm is stored.",
        "python -m training.need",
        "client",
    ),
    Evidence(
        "quality_report",
        lambda r: bool(r["quality"]),
        "Rekisterien laaturaporttia ei ole julkaistu tästä aineistosta.",
        "No data-quality report is published of this snapshot.",
        "python -m evaluation.quality --config configs/quality.yaml",
    ),
    Evidence(
        "model_description",
        lambda r: bool(r["made"]["settings"]),
        "Opetuksen asetuksia ei ole tallennettu.",
        "The training configuration is not stored.",
        "python -m training.need",
    ),
    Evidence("environment", lambda r: bool(r["made"]["environment"]), "Ympäristöä ei tunneta.", "Environment unknown."),
    Evidence(
        "performance",
        lambda r: _measured(r, "auroc") or "whole" in _figures(r),
        "Osuvuutta ei voitu mitata.",
        "Performance could not be measured.",
        "python -m training.need",
    ),
    Evidence(
        "calibration",
        lambda r: _measured(r, "calibration_slope"),
        "Kalibrointia ei voitu mitata.",
        "Calibration could not be measured.",
        "python -m training.need",
        "client",
    ),
    Evidence(
        "net_benefit",
        lambda r: all(one["thresholds"] for one in _figures(r).get("performance", [{"thresholds": []}])),
        "Nettohyötyä ei ole laskettu.",
        "No net benefit.",
        "thresholds: in configs/audit.yaml",
        "client",
    ),
    Evidence(
        "forecast_errors",
        lambda r: "whole" in _figures(r),
        "Ennustevirheitä ei ole.",
        "No forecast errors.",
        "python -m training.demand",
        "planning",
    ),
    Evidence(
        "part_errors",
        lambda r: len(_figures(r).get("by_part", ())) > 1,
        "Ennuste ei jakaudu alueisiin eikä vaiheisiin.",
        "The forecast has no areas or stages.",
        "",
        "planning",
    ),
    Evidence(
        "group_table",
        lambda r: all(one["groups"] for one in _figures(r).get("performance", [{"groups": []}])),
        "Tallennetuissa ennusteissa ei ole ryhmiä.",
        "The stored predictions hold no groups.",
        "python -m training.need",
        "client",
    ),
    Evidence(
        "fairness_tables",
        lambda r: bool(r["fairness"]),
        "Yhdenvertaisuustaulukkoja (haavoittuvat ryhmät, odotus, todellinen tarve) ei ole vielä tehty.",
        "The fairness tables (vulnerable groups, waiting, true need) are not made yet.",
        "python -m evaluation.fairness --config configs/fairness.yaml",
        "client",
    ),
    Evidence("uncertainty", _conformal, "Segmenttijoukkoja ei ole mitattu.", "Segment sets are not measured."),
    Evidence(
        "explanation",
        lambda r: bool(_explained(r)),
        "Perusteluja ei ole laskettu.",
        "No explanations.",
        "python -m evaluation.audit --config configs/audit.yaml",
        "client",
    ),
    Evidence(
        "forecast_explanations",
        _forecast_parts,
        "Ennustetta ei ole jaettu osiin: palveluketjun todennäköisyydet ovat laskettuja osuuksia, jotka voi lukea "
        "sellaisinaan, ja vanhassa bundlessa osia ei ole.",
        "The forecast is not split into parts: a chain's chances are counted shares that can be read as they are, and "
        "an old bundle holds none.",
        "python -m training.demand",
        "planning",
    ),
    Evidence(
        "explanation_checked",
        _checked,
        "Perustelut eivät summaudu tai toinen ohjelma ei vahvistanut niitä.",
        "Explanations do not add up, or the second program did not confirm them.",
        "python -m training.need",
        "client",
    ),
    Evidence(
        "sentences_checked",
        _said,
        "Jokin lause ei sano asiakkaan omaa lukua.",
        "Some sentence does not say the client's own number.",
        "configs/sentences.yaml",
        "client",
    ),
    Evidence(
        "replay",
        lambda r: _figures(r).get("replayed", {"equal": 1.0})["equal"] == 1,
        "Malli ei toista omia koerivejään bitilleen.",
        "The model does not repeat its golden rows bit for bit.",
        "requirements.lock",
    ),
    Evidence(
        "seed_stability",
        lambda r: bool(_explained(r)) and all(one["seeds"] for one in _explained(r)),
        "Pysyvyyttä siemenluvun vaihtuessa ei ole vielä mitattu.",
        "Stability across seeds is not measured yet.",
        "python -m training.seeds --config configs/seeds.yaml",
        "client",
    ),
    Evidence(
        "retrain_stability",
        lambda r: bool(_explained(r)) and all(one["retrains"] for one in _explained(r)),
        "Tämä on mallin ensimmäinen versio: aiempaa, johon verrata, ei ole.",
        "This is the model's first version: there is no earlier one to compare with.",
        "",
        "client",
    ),
    Evidence(
        "logs",
        lambda r: _facts(r, "access"),
        "Lokin tunnuslukuja ei ole: palvelua ei ole vielä käytetty tästä aineistosta, tai niitä ei ole haettu.",
        "No figures of the log: nothing was served from this data yet, or they were not fetched.",
        "python -m serving.oversight.facts --config configs/serving.yaml",
    ),
    Evidence(
        "chains",
        lambda r: _facts(r, "chains"),
        "Lokien ketjuja ei ole tarkistettu.",
        "The chains of the logs are not verified.",
        "python -m serving.oversight.facts --config configs/serving.yaml",
    ),
    Evidence(
        "decisions",
        lambda r: bool(r["facts"] and r["facts"]["decisions"] and r["facts"]["decisions"]["decisions"]),
        "Kukaan ei ole vielä kirjannut päätöstä näistä vastauksista.",
        "Nobody has recorded a decision about these answers yet.",
        "",
        "client",
    ),
    Evidence(
        "reviews",
        lambda r: bool(r["facts"] and r["facts"]["decisions"] and r["facts"]["decisions"]["reviews"]),
        "Niistä, joita malli ei nostanut, ei ole vielä tarkastettu ketään.",
        "None of those whom no list selected was reviewed yet.",
        "",
        "client",
    ),
    Evidence(
        "impact_signed",
        lambda r: r["impact"]["state"] == "signed",
        "Ihmisiin kohdistuvien vaikutusten arviota ei ole allekirjoitettu, tai se on vanhentunut.",
        "The people-impact assessment is not signed, or overdue.",
        'python -m evaluation.audit.card.sign --model NAME --who "NAME, ROLE"',
    ),
    Evidence("risk_register", lambda r: bool(r["risks"]), "Riskirekisteri puuttuu.", "No risk register."),
    Evidence(
        "monitoring",
        lambda r: bool(r["monitor"]),
        "Seurantaraporttia (muutos, arvioitu ja toteutunut osuvuus) ei ole vielä tehty.",
        "No monitoring report (drift, estimated and realised performance) is made yet.",
        "python -m evaluation.monitor --config configs/monitor.yaml",
    ),
    Evidence(
        "ledger",
        lambda r: _facts(r, "promotions"),
        "Käyttöönottojen kirjaa ei ole haettu.",
        "The promotion ledger was not fetched.",
        "python -m serving.oversight.facts --config configs/serving.yaml",
    ),
    Evidence(
        "simulator_truth",
        lambda r: bool(r["simulator"]),
        "Todellista tarvetta ei tunneta: oikealla aineistolla sitä ei ole, tai julkaisua ei ole tehty.",
        "True need is not known: real data has none, or nothing was published.",
        "python -m evaluation.evaluate --config configs/evaluate.yaml",
    ),
    Evidence(
        "other_county",
        lambda r: False,
        "Toisen hyvinvointialueen aineistoa ei ole: ulkoinen validointi odottaa sitä.",
        "There is no other county's data: external validation waits for it.",
        "docs/own-county.md: the other county's own training, and this model on its hold-out",
    ),
    Evidence(
        "counterfactual",
        lambda r: bool(_explained(r)) and all(one["changes"] for one in _explained(r)),
        "Malliin ei ole tallennettu, mitkä tiedot voivat muuttua.",
        "The model stores nothing of what may change.",
        "changeable: in configs/need.yaml",
        "client",
    ),
)
