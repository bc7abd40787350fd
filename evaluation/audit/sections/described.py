"""Sections 1–6: identity, purpose, meaning, data, privacy, model."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.audit.against.evidence import missing
from evaluation.audit.blocks import Block, Facts, Heading, Table, Words
from evaluation.audit.sections.said import count, day, number, percent, text

Report = Mapping[str, Any]


def identity(report: Report) -> list[Block]:
    """1: which model, from what, and who answers for it."""
    one, owners, house = report["identity"], report["owners"], report["organisation"]
    return [
        Facts(
            [
                ("Malli", f"{one['name']} ({one['kind']})"),
                ("Versio", one["version"]),
                ("Rekisteröity", one["registered"]),
                ("Bundlen tiiviste (SHA-256)", one["bundle_sha256"]),
                ("Tiedot loppuun", day(one["data_until"])),
                ("Aineiston tiiviste", one["snapshot_sha256"]),
                ("Asetusten tiiviste", one["config_sha256"]),
                ("Koodin versio", one["git_commit"]),
                ("Ajo", one["run_id"]),
            ]
        ),
        Heading("Vastuut", "Who answers for it"),
        Facts(
            [
                ("Rekisterinpitäjä", text(house["controller"])),
                ("Yhteys", text(house["contact"])),
                ("Vastuujohtaja", text(house["senior_owner"])),
                ("Määrittelyn omistaja", text(owners["definer"])),
                ("Tietojen luotettavuus", text(owners["data_reliability"])),
                ("Käyttöohje", text(owners["user_guide"])),
            ]
        ),
        *missing(report, "owners", "organisation"),
    ]


def purpose(report: Report) -> list[Block]:
    """2: for what, by whom, and for what not."""
    said = report["purpose"]
    return [
        Words(said["purpose"]["fi"], said["purpose"]["en"]),
        Facts([(line["name"]["fi"], line["text"]["fi"]) for line in said["lines"]]),
        Heading("Mihin mallia ei saa käyttää, ja mitä väärinkäyttöä voi odottaa", "Out of scope, foreseeable misuse"),
        *(Words(f"• {line['fi']}", line["en"]) for line in said["not_for"]),
    ]


def meaning(report: Report) -> list[Block]:
    """3: what comes out, and when nothing does."""
    said = report["meaning"]
    rows = [[line["name"]["fi"], line["meaning"]["fi"]] for line in said["outputs"]]
    blocks: list[Block] = [Table("Mitä malli sanoo", ("Tulos", "Merkitys"), rows, frozenset({1}))]
    blocks += [Words(f"• {line['fi']}", line["en"]) for line in said["does_not_mean"]]
    sample = report["figures"].get("sample")
    if sample:
        answered = sample["answered"] / sample["clients"] if sample["clients"] else None
        blocks += [
            Heading("Milloin malli ei vastaa", "Abstention"),
            Words(
                f"{day(sample['as_of'])}: historiassa {count(sample['clients'])} asiakasta, malli vastaa "
                f"{count(sample['answered'])} asiakkaasta ({percent(answered)}). "
                "Muista se sanoo, ettei arviota tehdä, ja miksi.",
                "The model answers about this share of clients; of the others it says why it does not.",
            ),
        ]
    return blocks


def data(report: Report) -> list[Block]:
    """4: registers, exclusions, labels, leakage, completeness."""
    training = report["training"]
    blocks: list[Block] = [Facts([(line[0], line[1]) for line in training["facts"]])]
    if training["attrition"]:
        columns = tuple(training["attrition"][0])
        rows = [[_cell(step[name]) for name in columns] for step in training["attrition"]]
        blocks.append(Table("Rajausten vaikutus", [name.replace("_", " ") for name in columns], rows))
    if training["leaks"]:
        rows = [
            [line["outcome"], line["feature"], number(line["auc"]), percent(line["known"])]
            for line in training["leaks"]
        ]
        blocks += [
            Heading("Vuotohälytys: mitä yksi tieto yksin kertoo", "Leakage check: one-feature AUC"),
            Table("Vuotohälytys", ("Tulos", "Tieto", "AUC", "Tiedossa"), rows, frozenset({1})),
        ]
    if report["quality"]:
        rows = [
            [line["place"], count(line["rows"]), percent(line["completeness"])] for line in report["quality"]["worst"]
        ]
        blocks += [
            Heading("Tyhjimmät kentät", "Least complete fields"),
            Table("Tyhjimmät kentät", ("Kenttä", "Rivejä", "Täytetty"), rows),
            Words(
                f"Muutoksia kirjaamistavassa: {report['quality']['declared']} ilmoitettua, "
                f"{report['quality']['undeclared']} joita kukaan ei ole ilmoittanut.",
                "Breaks in recording practice: declared, and not declared by anybody.",
            ),
        ]
    return blocks + missing(report, "attrition", "leak_alarm", "quality_report")


def privacy(report: Report) -> list[Block]:
    """5: pseudonyms, purposes, assessments."""
    house = report["organisation"]
    return [
        Words(
            "Asiakkaat ovat mallissa ja raportissa pseudonyymeinä (HMAC-SHA256, avain aineiston ulkopuolella). "
            "Tallennetuissa ennusteissa ei ole asiakkaan tunnistetta; alle viiden asiakkaan luvut on piilotettu, "
            "ja niiden lisäksi muita niin, ettei niitä saa vähentämällä.",
            "Pseudonyms by keyed hash; stored predictions hold no identifier; cells below 5 are hidden.",
        ),
        Facts(
            [
                ("Tietosuojan vaikutustenarviointi", text(house["privacy_assessment"])),
                ("Perusoikeusvaikutusten arviointi", text(house["rights_assessment"])),
                ("Käyttötarkoitus lokissa", "jokaisessa tapahtumassa oma koodinsa (kohta 15)"),
                ("Säilytys", "lokit ja ennusteet asetusten mukaan, poisto on oma kirjattu tapahtumansa"),
            ]
        ),
        *missing(report, "privacy_assessment", "rights_assessment"),
    ]


def model(report: Report) -> list[Block]:
    """6: how it was made, so that it can be made again."""
    made = report["made"]
    return [
        Facts([(line[0], line[1]) for line in made["facts"]]),
        Heading("Asetukset", "Configuration of the training run"),
        _settings(made["settings"]),
        Heading("Ympäristö", "Environment"),
        Facts([(line[0], line[1]) for line in made["environment"]]),
    ]


def _settings(settings: Sequence[tuple[str, Any]]) -> Facts:
    """Names in other languages are left to config.json of the run: they set nothing."""
    rows = [(key, text(value)) for key, value in settings if not key.endswith((".sv", ".en"))]
    return Facts(rows, folded=f"Kaikki {len(rows)} asetusta")


def _cell(value: Any) -> str:
    return count(value) if isinstance(value, int) else str(value)
