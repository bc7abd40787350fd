"""Finnish names of the fields, tables and reasons that the data-quality page shows; a code without a name stays."""

from typing import Final

FIELDS: Final = {
    "unit": "yksikkö",
    "reason": "syy",
    "minutes": "kesto",
    "profession": "ammattiryhmä",
    "professional_id": "ammattihenkilö",
    "urgency": "kiireellisyys",
    "channel": "yhteystapa",
    "status": "toteutuma",
    "sector": "sektori",
    "service": "palvelu",
    "kind": "laji",
    "intensity": "intensiteetti",
    "granted_minutes_per_week": "myönnetyt minuutit",
    "version": "versio",
    "value": "arvo",
    "scale": "asteikko",
    "instrument": "mittari",
    "respondent": "vastaaja",
    "stage": "vaihe",
    "path_phase": "polun vaihe",
    "priority": "kiireellisyysluokka",
    "outcome": "lopputulos",
    "responsible_role": "vastuurooli",
    "system": "koodisto",
    "code": "koodi",
    "scheme": "malli",
    "scheme_version": "mallin versio",
    "axis1_level": "1. akselin taso",
    "axis1_respondent": "1. akselin vastaaja",
    "axis2_level": "2. akselin taso",
    "axis2_respondent": "2. akselin vastaaja",
    "segment": "segmentti",
    "assessor_role": "arvioijan rooli",
    "other_kind": "toisen osapuolen laji",
    "role": "rooli",
    "service_task": "palvelutehtävä",
    "birth_year": "syntymävuosi",
    "sex": "sukupuoli",
    "language": "kieli",
    "municipality": "kunta",
    "postal_area": "postinumeroalue",
    "non_disclosure": "turvakielto",
    "staffed_hours": "henkilötyötunnit",
    "beds": "vuodepaikat",
    "slots": "ajat",
    "persons": "henkilöitä",
    "age_band": "ikäryhmä",
    "year": "vuosi",
}
TABLES: Final = {
    "residents": "asukkaat",
    "contacts": "asioinnit",
    "episodes": "palvelujaksot",
    "assessments": "arviot",
    "requests": "pyynnöt",
    "plans": "suunnitelmat",
    "diagnoses": "diagnoosit",
    "segment_records": "segmentoinnit",
    "relations": "suhteet",
    "capacity": "resurssit",
    "appointment_slots": "vastaanottoajat",
    "population": "väestö",
    "decisions": "päätökset",
}
REASONS: Final = {
    "bad_identifier": "virheellinen henkilötunnus",
    "duplicate": "sama rivi uudelleen",
    "future_event": "tapahtuma tulevaisuudessa",
    "out_of_range": "arvo sallitun välin ulkopuolella",
    "too_few_fields": "liian vähän kenttiä",
    "too_many_fields": "liikaa kenttiä",
    "unknown_code": "tuntematon koodi",
    "end_before_start": "loppu ennen alkua",
    "older_than_120": "yli 120-vuotias",
}
CHANGES: Final = {"rows": "rivien määrä", "late": "myöhässä kirjattujen osuus", "completeness": "täydellisyys"}


def field_name(field: str) -> str:
    return FIELDS.get(field, field)


def table_name(table: str) -> str:
    return TABLES.get(table, table)


def reason_name(reason: str) -> str:
    """A quarantine reason; notes such as `unknown_code:service` name the field too."""
    code, _, field = reason.partition(":")
    return f"{REASONS.get(code, code.replace('_', ' '))}{': ' + field_name(field) if field else ''}"


def change_name(what: str, field: str) -> str:
    """What changed: a volume, a delay, a field's completeness, or the share of one code."""
    if not field:
        return CHANGES[what]
    return f"{field_name(field)}: {CHANGES.get(what, f'koodin {what} osuus')}"
