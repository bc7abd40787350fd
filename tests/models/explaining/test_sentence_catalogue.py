"""The catalogue of sentences: a phrase for every family, no blame, numbers and dates by locale, broken ones refused."""

import re

import pytest
import yaml

from configs.errors import ConfigError
from configs.loader import resolve_path
from features.catalogue import load_catalogue
from models.explaining.wording.numbers import date_text, percent_text, signed_text, span_of
from models.explaining.wording.sentences import number_text, reason_sentence, sentences_from_json, window_text
from tests.models.explaining.said_sentences import CATALOGUE, DAY, NAME, PATH, said

BLAME = re.compile(
    r"jätti|laiminlyö|laiminlö|kieltäyt|epäonnistu|ei saapunut|syy(?:llinen|tä)|piittaama|itse aiheut"
    r"|försumm|vägra|uteblev|misslyck|struntade|skyldig|självförvållad"
    r"|neglect|refus|fail|non-?complian|to blame|self-inflicted",
    re.I,
)
SAMPLES = (0.0, 1.0, 2.0, 1.5, 1234.0)


@pytest.mark.parametrize("family", sorted(CATALOGUE.families))
def test_no_sentence_blames_doubles_spaces_or_leaves_a_hole(family):
    name, _, code = family.partition("__")
    for value in SAMPLES:
        for sentence in said(name, value, 1.0, 90, code or None, DAY).values():
            assert not BLAME.search(sentence), sentence
            assert "  " not in sentence
            assert "{" not in sentence
            assert " ," not in sentence
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
    "entropy": "amount",
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


@pytest.mark.parametrize(
    "value,   fi,             en",
    [
        (0.05,    "0,1",          "0.1"),
        (-0.04,   "0",            "0"),  # never minus zero
        (-1.25,   "−1,3",         "−1.3"),  # half away from zero, a true minus
        (12345.6, "12\u00a0346", "12,346"),
    ],
)  # fmt: skip
def test_numbers_by_locale(value, fi, en):
    assert (number_text(value, "fi"), number_text(value, "en")) == (fi, en)


def test_per_cent_signs_and_dates_by_locale():
    assert [percent_text(0.125, code) for code in ("fi", "sv", "en")] == ["12,5\u00a0%", "12,5\u00a0%", "12.5%"]
    assert [signed_text(value, "fi") for value in (2, -2, 0.04)] == ["+2", "−2", "0"]
    assert [date_text(DAY, code) for code in ("fi", "sv", "en")] == ["3.4.2026", "3.4.2026", "3 April 2026"]


@pytest.mark.parametrize(
    "days, span",
    [(60, (60, "days")), (61, (2.0, "months")), (730, (24.0, "months")), (1461, (4.0, "years"))],
)
def test_a_length_of_time_takes_the_unit_people_use(days, span):
    assert span_of(days) == span


def test_a_catalogue_of_version_1_still_speaks():
    """A bundle keeps its own words: frames that came later are absent, and days are its only unit of time."""
    values = yaml.safe_load(resolve_path(PATH).read_text(encoding="utf-8"))
    for later in ("unchanged", "latest", "known", "on", "usual_same", "usual_other", "together"):
        del values["frames"][later]
    for later in ("months", "years", "points"):
        del values["units"][later]
    values["families"]["age"]["unit"] = "days"
    values["frames"] |= {name: dict.fromkeys(("fi", "sv", "en"), "(x)") for name in ("usual_yes", "usual_no")}
    old = sentences_from_json({**values, "version": "1"})
    sentence = reason_sentence(old, "days_since_emergency", NAME, 400, 3, None, None, DAY)
    assert sentence["fi"] == "Edellinen päivystyskäynti oli 400 päivää sitten (vertailuryhmässä tavallisesti 3 päivää)"
    assert reason_sentence(old, "memory_disorder", NAME, 1, 0)["fi"] == "Muistisairaus on kirjattu"


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
