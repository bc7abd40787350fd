"""The words of a report that depend on the model alone: purpose, meaning of its numbers, training, environment."""

import hashlib
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version as installed
from typing import Any

from configs.loader import PROJECT_ROOT
from evaluation.audit.material import Material
from models.needs.need import NeedModel
from models.segments.segmentation import SegmentationModel

Text = dict[str, str]
LIBRARIES = ("lightgbm", "numpy", "scikit-learn", "shap", "pandas", "mlflow")
INFORMS: Text = {
    "fi": "Malli antaa tietoa; ammattilainen päättää. Pieni todennäköisyys ei yksin päätä kenenkään asiaa.",
    "en": "The model informs; the professional decides. A low probability never closes a case by itself.",
}
USERS: Mapping[str, tuple[Text, Text]] = {
    "client": (
        {"fi": "palveluohjaaja, sosiaali- ja terveydenhuollon ammattilainen", "en": "care coordinator, professional"},
        {
            "fi": "palvelutarpeen arviointi, suunnitelman tarkistus, kotiutus: lisätietona ennen ihmisen päätöstä",
            "en": "need assessment, plan review, discharge: information before a person's decision",
        },
    ),
    "planning": (
        {"fi": "kotihoidon suunnittelija, johto", "en": "home-care planner, management"},
        {
            "fi": "resurssien ja vuorojen suunnittelu: lisätietona ennen ihmisen päätöstä",
            "en": "planning of staff and shifts: information before a person's decision",
        },
    ),
}
NOT_FOR: Mapping[str, tuple[Text, ...]] = {
    "client": (
        {"fi": "Ei myönnä, lakkauta eikä rajaa palvelua.", "en": "Grants, ends or limits no service."},
        {"fi": "Ei korvaa palvelutarpeen arviointia.", "en": "Replaces no assessment of need."},
        {
            "fi": "Ei järjestä jonoa niin, että pieni luku jättää jonkun katsomatta.",
            "en": "Orders no queue so that a low number leaves somebody unseen.",
        },
        {
            "fi": "Odotettavissa oleva väärinkäyttö: lukua luetaan oikeutena palveluun, tai kustannusten karsintaan.",
            "en": "Foreseeable misuse: read as entitlement, or used to cut cost.",
        },
    ),
    "planning": (
        {"fi": "Ei kerro kenenkään asiakkaan tarpeesta.", "en": "Says nothing of any client's need."},
        {"fi": "Ei ole tavoite eikä kysynnän yläraja.", "en": "Neither a target nor a limit of demand."},
        {
            "fi": "Odotettavissa oleva väärinkäyttö: käyttö luetaan tarpeeksi, vaikka osa tarpeesta jää piiloon.",
            "en": "Foreseeable misuse: forecast use read as need, although part of need stays hidden.",
        },
    ),
}


def kind_of(kind: str) -> str:
    """`client` or `planning`."""
    return "client" if kind in ("segmentation", "need") else "planning"


def purpose(material: Material) -> dict[str, Any]:
    """What for, by whom, and what not for."""
    told = kind_of(material.version.kind)
    users, place = USERS[told]
    said = (material.report or {}).get("identity", {}).get("purpose") or _notice(material) or INFORMS
    role: Text = {"fi": "päättää; kirjaa päätöksen ja syyn", "en": "decides; records decision and reason"}
    lines = [
        {"name": {"fi": "Käyttäjät", "en": "Users"}, "text": users},
        {"name": {"fi": "Paikka prosessissa", "en": "Place in the process"}, "text": place},
        {"name": {"fi": "Ihmisen rooli", "en": "Role of the human"}, "text": role},
    ]
    return {"purpose": said, "lines": lines, "not_for": list(NOT_FOR[told])}


def _notice(material: Material) -> Text | None:
    notice = material.config.get("notice")
    return {"fi": notice["fi"], "en": notice["en"]} if isinstance(notice, Mapping) else None


def meaning(model: Any, material: Material) -> dict[str, Any]:
    """What each number means, and what it does not."""
    limits = (
        [
            {"fi": "Todennäköisyys ei ole kiireellisyys eikä oikeus palveluun.", "en": "Neither urgency nor a right."},
            {
                "fi": "Menneestä käytöstä opittu luku voi aliarvioida palvelujen ulkopuolelle jääneitä.",
                "en": "Learned from past use it may under-rate those who stayed outside services.",
            },
        ]
        if kind_of(material.version.kind) == "client"
        else [{"fi": "Ennuste kertoo käytöstä, ei tarpeesta.", "en": "A forecast of use, not of need."}]
    )
    changeable = getattr(getattr(model, "parts", None), "changeable", None) is not None
    return {"outputs": list(_outputs(model, material)), "does_not_mean": limits, "changeable": changeable}


def _outputs(model: Any, material: Material) -> Iterator[dict[str, Any]]:
    if isinstance(model, NeedModel):
        task = model.task
        days = f"{task.horizon_days} päivän aikana"
        yield {
            "name": task.name.as_text(),
            "meaning": {
                "fi": f"{task.outcome_name.as_text()['fi']}: todennäköisyys {days}",
                "en": f"{task.outcome_name.as_text()['en']}: probability within {task.horizon_days} days",
            },
        }
    elif isinstance(model, SegmentationModel):
        yield {
            "name": model.scheme.name.as_text(),
            "meaning": {
                "fi": "ehdotettu segmentti, todennäköisyydet ja uskottavat segmentit; ammattilainen vahvistaa",
                "en": "a proposed segment, probabilities and the set of credible segments; a professional confirms",
            },
        }
    else:
        yield {
            "name": {"fi": material.version.name, "en": material.version.name},
            "meaning": {
                "fi": "odotettu määrä jaksoittain, 80 ja 95 %:n väli",
                "en": "the expected amount by period, with 80 and 95 % intervals",
            },
        }


def training(material: Material) -> dict[str, Any]:
    """What section 4 says: hold-out, labels, exclusions, leaks."""
    data = (material.report or {}).get("data", {})
    names = {
        "training_rows": "Opetuksen rivejä",
        "training_clients": "Opetuksen asiakkaita",
        "holdout": "Testiaineiston rajaus",
        "holdout_rows": "Testin rivejä",
        "holdout_clients": "Testin asiakkaita",
    }
    facts = [(shown, str(data[name])) for name, shown in names.items() if name in data]
    if "label_source" in data:
        facts.append(("Oikeiden vastausten lähde", str(data["label_source"]["fi"])))
    facts.append(("Tietolähteiden kuvauksen versio", material.version.tags.get("sources_version", "–")[:12]))
    attrition = material.document("attrition.json") or data.get("attrition") or []
    return {"facts": facts, "attrition": attrition, "leaks": list(_leaks(material.document("leaks.json")))}


def _leaks(stored: Mapping[str, Any] | None, most: int = 5) -> Iterator[dict[str, Any]]:
    for outcome in (stored or {}).get("outcomes", ()):
        for line in outcome["features"][:most]:
            named = outcome.get("outcome") or outcome.get("name") or outcome.get("id") or ""
            yield {"outcome": str(named), "feature": line["feature"], "auc": line["auc"], "known": line["known"]}


def made(material: Material) -> dict[str, Any]:
    """What section 6 says: learner, search, seeds, code, environment."""
    config = material.config
    fit = config.get("fit", {}) if isinstance(config.get("fit"), Mapping) else {}
    search = fit.get("search", {}) if isinstance(fit, Mapping) else {}
    facts = [
        ("Oppija", str(fit.get("served", config.get("kind", material.version.kind)))),
        ("Siemenluku", str(fit.get("seed", config.get("seed", "–")))),
        ("Hyperparametrien haku (Optuna, kokeita)", str(search.get("trials", "–"))),
        ("Toisto", "samat syötteet, sama lukitus ja säiemäärä: sama bundlen tiiviste"),
    ]
    settings = [(key, value) for key, value in sorted(_flat(config)) if not key.startswith("directions")]
    return {"facts": facts, "settings": settings, "environment": list(_environment())}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and len(name.split(".")) < 3:
            yield from _flat(value, f"{name}.")
        elif not isinstance(value, Mapping | list):
            yield name, str(value)


def _environment() -> Iterator[tuple[str, str]]:
    yield "Python", platform.python_version()
    lock = PROJECT_ROOT / "requirements.lock"
    if lock.is_file():
        yield "requirements.lock (SHA-256)", hashlib.sha256(lock.read_bytes()).hexdigest()
    for name in LIBRARIES:
        yield name, installed(name)
