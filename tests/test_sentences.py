"""Tricky forms of Finnish and Swedish, numbers by locale, and no blame, as a table to dispute."""

import re

import pytest
import yaml

from configs.errors import ConfigError
from configs.loader import resolve_path
from features.catalogue import load_catalogue
from models.explaining.sentences import load_sentences, number_text, reason_sentence, sentences_from_json, window_text

PATH = "configs/sentences.yaml"
CATALOGUE = load_sentences(PATH)
NAME = {"fi": "Fysioterapia", "sv": "Fysioterapi", "en": "Physiotherapy"}
BLAME = re.compile(
    r"jätti|laiminlö|kieltäyt|ei saapunut|syy(?:llinen|tä)|försumma|vägra|uteblev|neglect|refus|fail", re.I
)
SAMPLES = (0.0, 1.0, 2.0, 1.5, 1234.0)


def said(family, value, usual=None, window=None, code=None):
    return reason_sentence(CATALOGUE, family, NAME, value, usual, window, code)


@pytest.mark.parametrize(
    "family,                 value, usual, window, fi",
    [
        ("emergency_contacts",   3,     0,     90,   "3 päivystyskäyntiä 90 päivän aikana (~0)"),
        ("emergency_contacts",   1,     0,     90,   "1 päivystyskäynti 90 päivän aikana (~0)"),
        ("emergency_contacts",   0,     2,     90,   "Ei päivystyskäyntejä 90 päivän aikana (~2)"),
        ("emergency_contacts",   1.5,   None,  90,   "1,5 päivystyskäyntiä 90 päivän aikana"),
        ("emergency_contacts",   1.04,  None,  90,   "1 päivystyskäynti 90 päivän aikana"),  # shown as 1
        ("emergency_contacts",   0.04,  None,  90,   "Ei päivystyskäyntejä 90 päivän aikana"),  # shown as 0
        ("emergency_contacts",   21,    None,  365,  "21 päivystyskäyntiä 12 kuukauden aikana"),
        ("concern_notifications", 1,    None,  1,    "1 huoli-ilmoitus 1 päivän aikana"),
        ("days_since_emergency", 1,     None,  None, "Edellisestä päivystyskäynnistä 1 päivä"),
        ("days_since_emergency", 12,    200,   None, "Edellisestä päivystyskäynnistä 12 päivää (~200)"),
        ("rai_age",              1,     None,  None, "Viimeisin RAI-arvio on tehty 1 päivä sitten"),
        ("rai_age",              400,   None,  None, "Viimeisin RAI-arvio on tehty 400 päivää sitten"),
        ("home_care_minutes",    1,     None,  30,   "Kotihoidon käyntiaikaa 1 minuutti 30 päivän aikana"),
        ("home_care_minutes",    1234,  None,  30,   "Kotihoidon käyntiaikaa 1\u00a0234 minuuttia 30 päivän aikana"),
        ("granted_minutes",      90,    None,  None, "Myönnettyä kotihoitoa 90 minuuttia viikossa"),
        ("age",                  84,    79,    None, "Ikä 84 vuotta"),
        ("days_since_emergency", None,  200,   None, "Ei aiempia päivystyskäyntejä tiedoissa"),
        ("home_care_minutes", 99.9, 1e3, 30, "Kotihoidon käyntiaikaa 99,9 minuuttia 30 päivän aikana (~1\u00a0000)"),
        ("memory_disorder",      1,     0,     None, "Muistisairaus on kirjattu (~~)"),
        ("memory_disorder",      0,     0,     None, "Muistisairautta ei ole kirjattu (~~)"),
        ("rai_cps",              3,     1,     None, "RAI-arvion kognitioasteikko CPS (0–6): 3 (~1)"),
        ("missed_contacts",      1,     None,  90,   "1 toteutumaton käynti 90 päivän aikana"),
        ("missed_contacts",      2,     None,  90,   "2 toteutumatonta käyntiä 90 päivän aikana"),
        ("digital_share", 0.254, 0.5, 90, "Digiasiointien osuus asioinneista: 25\u00a0% 90 päivän aikana (~50\u00a0%)"),
        ("digital_share", 0, None, 365, "Digiasiointien osuus asioinneista: 0\u00a0% 12 kuukauden aikana"),
        ("annual_check_overdue", 0, 0, None, "Vuositarkastus tai lääkärin vastaanotto on vuoden sisällä (~~)"),
        ("rai_cps",              None,  1,     None, "Ei tietoa: Fysioterapia"),
        ("not_in_catalogue",     2,     None,  None, "Fysioterapia: 2"),
        ("not_in_catalogue",     2.5,   1,     30,   "Fysioterapia 30 päivän aikana: 2,5 (~1)"),
    ],
)  # fmt: skip
def test_finnish_forms(family, value, usual, window, fi):
    """In the table (~0) stands for "(vertailuryhmässä tavallisesti 0)", (~~) for "useimmilla ei ole"."""
    expected = fi.replace("(~~", "(vertailuryhmässä useimmilla ei ole").replace("(~", "(vertailuryhmässä tavallisesti ")
    assert said(family, value, usual, window)["fi"] == expected


def test_a_whole_sentence():
    sentence = said("emergency_contacts", 3, 0, 90)
    assert sentence["fi"] == "3 päivystyskäyntiä 90 päivän aikana (vertailuryhmässä tavallisesti 0)"


@pytest.mark.parametrize(
    "family,                 value, usual, window, sv",
    [
        ("emergency_contacts",   3,     0,     90,   "3 jourbesök under 90 dagar (i jämförelsegruppen vanligen 0)"),
        ("emergency_contacts",   1,     None,  1,    "1 jourbesök under 1 dag"),
        ("emergency_contacts",   0,     None,  365,  "Inga jourbesök under 12 månader"),
        ("primary_contacts",     1,     None,  90,   "1 kontakt inom primärvården under 90 dagar"),
        ("primary_contacts",     2,     None,  90,   "2 kontakter inom primärvården under 90 dagar"),
        ("concern_notifications", 1,    None,  90,   "1 orosanmälan under 90 dagar"),
        ("concern_notifications", 2,    None,  90,   "2 orosanmälningar under 90 dagar"),
        ("days_since_emergency", 1,     None,  None, "1 dag sedan det senaste jourbesöket"),
        ("days_since_emergency", 3,     None,  None, "3 dagar sedan det senaste jourbesöket"),
        ("rai_age",              1,     None,  None, "Den senaste RAI-bedömningen gjordes för 1 dag sedan"),
        ("home_care_minutes",    1,     None,  30,   "Hemvårdens besökstid 1 minut under 30 dagar"),
        ("age",                  1,     None,  None, "Ålder 1 år"),
        ("diabetes",             1,     1,     None, "Diabetes är antecknad (de flesta i jämförelsegruppen har)"),
        ("missed_contacts",      1,     None,  90,   "1 besök som inte blev av under 90 dagar"),
    ],
)  # fmt: skip
def test_swedish_forms(family, value, usual, window, sv):
    assert said(family, value, usual, window)["sv"] == sv


@pytest.mark.parametrize(
    "family,               value, usual, window, en",
    [
        ("emergency_contacts", 1,     0,     90,   "1 emergency visit in 90 days (usually 0 in the comparison group)"),
        ("emergency_contacts", 0,   2,   90,   "No emergency visits in 90 days (usually 2 in the comparison group)"),
        ("rai_age",            1,     None,  None, "The latest RAI assessment was made 1 day ago"),
    ],
)  # fmt: skip
def test_english_forms(family, value, usual, window, en):
    assert said(family, value, usual, window)["en"] == en


@pytest.mark.parametrize(
    "family,      value, window, sv",
    [
        ("rai_change", 2,    365, "förändring sedan föregående bedömning +2 poäng"),
        ("rai_change", 0,    365, "förändring sedan föregående bedömning 0 poäng"),
        ("rai_trend",  0.05, 730, "förändring +0,6 poäng om året under 24 månader"),
        ("rai_trend",  -0.5, 730, "förändring -6,1 poäng om året under 24 månader"),
    ],
)  # fmt: skip
def test_a_change_is_said_with_its_sign(family, value, window, sv):
    assert said(family, value, None, window, "CPS")["sv"] == f"RAI-bedömningens kognitionsskala CPS: {sv}"


def test_a_choice_is_said_without_a_comparison():
    assert said("sex", 1, 0, None, "female")["fi"] == "Sukupuoli: nainen"


def test_a_code_without_its_own_phrase_is_said_by_name():
    assert said("emergency_contacts", 2, None, 90, "x")["fi"] == "Fysioterapia 90 päivän aikana: 2"


@pytest.mark.parametrize("family", sorted(CATALOGUE.families))
def test_no_sentence_blames_doubles_spaces_or_leaves_a_hole(family):
    name, _, code = family.partition("__")
    for value in SAMPLES:
        for sentence in said(name, value, 1.0, 90, code or None).values():
            assert not BLAME.search(sentence), sentence
            assert "  " not in sentence
            assert "{" not in sentence
            assert sentence[0].isupper() or sentence[0].isdigit(), sentence


KINDS = {
    "count": "count",
    "distinct": "count",
    "sum": "amount",
    "valid_sum": "amount",
    "days_since": "since",
    "age_of": "age_of",
    "last": "scale",
    "ever": "flag",
    "valid_on": "flag",
    "age_years": "years",
    "observed_days": "amount",
    "is": "choice",
    "mean": "amount",
    "count_within": "flag",
    "first_contact_is_emergency": "flag",
    "overdue": "flag",
    "lapsed": "flag",
    "change_between_assessments": "change",
    "trend": "trend",
    **dict.fromkeys(("share", "coci", "usual_provider_share", "repeat_contact_share"), "share"),
    **dict.fromkeys(("night_share", "named_share"), "share"),
}


@pytest.mark.parametrize("family", load_catalogue("configs/features.yaml").families.values(), ids=lambda one: one.id)
def test_every_family_of_the_catalogue_has_a_phrase_that_fits_its_aggregate(family):
    if family.by is not None and family.aggregate == "count":
        return  # said by the code's name
    for code in family.codes or (None,):
        phrase = CATALOGUE.phrase_of(family.id, code)
        assert phrase is not None, code
        assert phrase.kind == (
            "flag" if family.id == "smoking" else KINDS[family.aggregate]
        )  # a value that is yes or no


@pytest.mark.parametrize("value, fi, en", [(0.05, "0,1", "0.1"), (-0.04, "0", "0"), (12345.6, "12\u00a0346", "12,346")])
def test_numbers_by_locale(value, fi, en):
    assert (number_text(value, "fi"), number_text(value, "en")) == (fi, en)


@pytest.mark.parametrize(
    "days, fi", [(30, "30 päivän aikana"), (365, "12 kuukauden aikana"), (730, "24 kuukauden aikana")]
)
def test_windows(days, fi):
    assert window_text(CATALOGUE.frames, days, "fi") == fi


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda v: v["families"]["age"]["fi"].pop("label"), "a phrase of kind years lacks fi label"),
        (lambda v: v["families"]["age"].update(unit="century"), "known units: minutes"),
        (lambda v: v["families"]["age"].update(kind="years_old"), "families.age.kind"),
    ],
)
def test_a_broken_catalogue_is_refused(change, message):
    values = yaml.safe_load(resolve_path(PATH).read_text(encoding="utf-8"))
    change(values)
    with pytest.raises(ConfigError, match=message):
        sentences_from_json(values)
