"""Tricky forms of Finnish, Swedish and English, as a table to dispute."""

import pytest

from tests.models.explaining.said_sentences import DAY, said

WHO_FI = "Toimintakyky, oma arvio WHODAS: muutos edellisestä arviosta"
WHO_SV = "Funktionsförmåga, egen bedömning WHODAS:"
WHO_EN = "Functioning, own assessment WHODAS: change since the previous assessment"
DIGI_FI, DIGI_SV = "Digiasiointien osuus asioinneista:", "Andelen digitala kontakter av kontakterna:"
TIME_FI = "Kotihoidon käyntiaikaa"
FALLS_FI = "kaatumiseen tai murtumaan liittyvää kirjausta"
OVERDUE_FI = "Vuositarkastusta tai lääkärin vastaanottoa ei ole vuoden ajalta"


@pytest.mark.parametrize(
    "family,                 value, usual, window, fi",
    [
        # ---- counts: 1 takes the nominative, every other number the partitive, none the partitive plural
        ("emergency_contacts",   3,     0,     90,   "3 päivystyskäyntiä 90 päivän aikana (~0)"),
        ("emergency_contacts",   1,     0,     90,   "1 päivystyskäynti 90 päivän aikana (~0)"),
        ("emergency_contacts",   0,     2,     90,   "Ei päivystyskäyntejä 90 päivän aikana (~2)"),
        ("emergency_contacts",   1.5,   None,  90,   "1,5 päivystyskäyntiä 90 päivän aikana"),
        ("emergency_contacts",   0.5,   None,  90,   "0,5 päivystyskäyntiä 90 päivän aikana"),
        ("emergency_contacts",   1.04,  None,  90,   "1 päivystyskäynti 90 päivän aikana"),  # shown as 1
        ("emergency_contacts",   0.04,  None,  90,   "Ei päivystyskäyntejä 90 päivän aikana"),  # shown as 0
        ("emergency_contacts",   21,    None,  365,  "21 päivystyskäyntiä 12 kuukauden aikana"),
        ("emergency_contacts",   101,   None,  365,  "101 päivystyskäyntiä 12 kuukauden aikana"),
        ("emergency_contacts",   1234,  None,  365,  "1\u00a0234 päivystyskäyntiä 12 kuukauden aikana"),
        ("concern_notifications", 1,    None,  1,    "1 huoli-ilmoitus 1 päivän aikana"),
        ("concern_notifications", 2,    None,  90,   "2 huoli-ilmoitusta 90 päivän aikana"),
        ("missed_contacts",      1,     None,  90,   "1 toteutumaton käynti 90 päivän aikana"),
        ("missed_contacts",      2,     None,  90,   "2 toteutumatonta käyntiä 90 päivän aikana"),
        ("missed_contacts",      0,     None,  90,   "Ei toteutumattomia käyntejä 90 päivän aikana"),
        ("distinct_services",    1,     None,  90,   "1 palvelu 90 päivän aikana"),
        ("distinct_services",    4,     None,  90,   "4 eri palvelua 90 päivän aikana"),
        ("distinct_professionals", 0,   None,  90,   "Ei tapaamisia ammattilaisten kanssa 90 päivän aikana"),
        ("diagnoses_distinct",   3,     None,  730,  "3 eri kirjattua diagnoosia 24 kuukauden aikana"),
        ("contact_months",       1,     None,  365,  "1 asiointikuukausi 12 kuukauden aikana"),
        ("contact_months",       7,     None,  365,  "7 asiointikuukautta 12 kuukauden aikana"),
        ("symptom_reasons",      1,     None,  90,   "1 oireen takia tehty asiointi 90 päivän aikana"),
        ("symptom_reasons",      2,     None,  90,   "2 oireiden takia tehtyä asiointia 90 päivän aikana"),
        ("fall_injury",          2,     None,  90,   f"2 {FALLS_FI} 90 päivän aikana"),
        # ---- how long ago: days, months, years
        ("days_since_emergency", 1,     None,  None, "Edellinen päivystyskäynti oli 1 päivä sitten"),
        ("days_since_emergency", 12,    200,   None, "Edellinen päivystyskäynti oli 12 päivää sitten (~7 kuukautta)"),
        ("days_since_emergency", 60,    30,    None, "Edellinen päivystyskäynti oli 60 päivää sitten (~30 päivää)"),
        ("days_since_emergency", None,  200,   None, "Ei aiempia päivystyskäyntejä tiedoissa"),
        ("rai_age",              1,     None,  None, "Viimeisin RAI-arvio on tehty 1 päivä sitten"),
        ("rai_age",              400,   None,  None, "Viimeisin RAI-arvio on tehty 13 kuukautta sitten"),
        ("rai_age",              913,   None,  None, "Viimeisin RAI-arvio on tehty 2,5 vuotta sitten"),
        ("carer_tie_age",        1096,  None,  None, "Omaishoito alkoi 3 vuotta sitten"),
        # ---- amounts
        ("home_care_minutes",    1,     None,  30,   f"{TIME_FI} 1 minuutti 30 päivän aikana"),
        ("home_care_minutes",    1234,  None,  30,   f"{TIME_FI} 1\u00a0234 minuuttia 30 päivän aikana"),
        ("home_care_minutes",    99.9,  1e3,   30,   f"{TIME_FI} 99,9 minuuttia 30 päivän aikana (~1\u00a0000)"),
        ("home_care_minutes",    0,     None,  30,   "Ei kotihoidon käyntiaikaa 30 päivän aikana"),
        ("granted_minutes",      90,    None,  None, "Myönnettyä kotihoitoa 90 minuuttia viikossa"),
        ("granted_minutes",      0,     90,    None, "Kotihoitoa ei ole myönnetty (~90)"),
        ("observed_history",     1,     None,  None, "Tietoja palveluista 1 päivän ajalta"),
        ("observed_history",     800,   None,  None, "Tietoja palveluista 800 päivän ajalta"),
        ("age",                  84,    79,    None, "Ikä 84 vuotta"),
        ("age",                  1,     None,  None, "Ikä 1 vuosi"),
        # ---- yes or no
        ("memory_disorder",      1,     0,     None, "Muistisairaus on kirjattu (!)"),
        ("memory_disorder",      0,     0,     None, "Muistisairautta ei ole kirjattu (=)"),
        ("annual_check_overdue", 0,     0,     None, "Vuositarkastus tai lääkärin vastaanotto on vuoden sisällä (=)"),
        ("annual_check_overdue", 1,     0,     None, f"{OVERDUE_FI} (!)"),
        # ---- scales, shares, changes
        ("rai_cps",              3,     1,     None, "RAI-arvion kognitioasteikko CPS (0–6): 3 (~1)"),
        ("rai_cps",              None,  1,     None, "Ei tietoa: Fysioterapia"),
        ("digital_share",        0.125, 0.5,   90,   f"{DIGI_FI} 12,5\u00a0% 90 päivän aikana (~50\u00a0%)"),
        ("digital_share",        0.29,  None,  365,  f"{DIGI_FI} 29\u00a0% 12 kuukauden aikana"),
        ("whodas_change",        1,     None,  730,  f"{WHO_FI} +1 piste"),
        ("whodas_change",        -1,    None,  730,  f"{WHO_FI} −1 piste"),
        ("whodas_change",        -2.5,  None,  730,  f"{WHO_FI} −2,5 pistettä"),
        ("whodas_change",        0,    None,  730,  "Toimintakyky, oma arvio WHODAS: ei muutosta edellisestä arviosta"),
        ("blood_pressure_trend", 0.5,   None,  730,  "Yläpaine: muutos +6,1 mmHg vuodessa 24 kuukauden aikana"),
        # ---- near-equal numbers are not compared
        ("emergency_contacts",   3,     3,     90,   "3 päivystyskäyntiä 90 päivän aikana (=)"),
        ("emergency_contacts",   0,     0.04,  90,   "Ei päivystyskäyntejä 90 päivän aikana (=)"),
        ("home_care_minutes",    1005,  1000,  30,   f"{TIME_FI} 1\u00a0005 minuuttia 30 päivän aikana (=)"),
        ("home_care_minutes",    1100,  1000,  30,   f"{TIME_FI} 1\u00a0100 minuuttia 30 päivän aikana (~1\u00a0000)"),
        ("not_in_catalogue",     2,     None,  None, "Fysioterapia: 2"),
        ("not_in_catalogue",     2.5,   1,     30,   "Fysioterapia 30 päivän aikana: 2,5 (~1)"),
    ],
)  # fmt: skip
def test_finnish_forms(family, value, usual, window, fi):
    """(~0) stands for "(vertailuryhmässä tavallisesti 0)", (=) for "kuten …", (!) for "… toisin"."""
    expected = fi.replace("(=)", "(kuten vertailuryhmässä tavallisesti)")
    expected = expected.replace("(!)", "(vertailuryhmässä tavallisesti toisin)")
    assert said(family, value, usual, window)["fi"] == expected.replace("(~", "(vertailuryhmässä tavallisesti ")


@pytest.mark.parametrize(
    "family,                 value, usual, window, sv",
    [
        ("emergency_contacts",   3,     0,     90,   "3 jourbesök under 90 dagar (~0)"),
        ("emergency_contacts",   1,     None,  1,    "1 jourbesök under 1 dag"),
        ("emergency_contacts",   0,     None,  365,  "Inga jourbesök under 12 månader"),
        ("primary_contacts",     1,     None,  90,   "1 kontakt inom primärvården under 90 dagar"),
        ("primary_contacts",     2,     None,  90,   "2 kontakter inom primärvården under 90 dagar"),
        ("primary_contacts",     1.5,   None,  90,   "1,5 kontakter inom primärvården under 90 dagar"),
        ("primary_contacts",     0,     2,     90,   "Inga kontakter inom primärvården under 90 dagar (~2)"),
        ("concern_notifications", 1,    None,  90,   "1 orosanmälan under 90 dagar"),
        ("concern_notifications", 2,    None,  90,   "2 orosanmälningar under 90 dagar"),
        ("distinct_services",    1,     None,  90,   "1 form av service under 90 dagar"),
        ("distinct_services",    3,     None,  90,   "3 olika former av service under 90 dagar"),
        ("requests",             2,     None,  90,   "2 begäranden om service under 90 dagar"),
        ("contact_months",       1,     None,  365,  "1 månad med kontakt under 12 månader"),
        ("days_since_emergency", 1,     None,  None, "Det senaste jourbesöket var för 1 dag sedan"),
        ("days_since_emergency", 3,     None,  None, "Det senaste jourbesöket var för 3 dagar sedan"),
        ("days_since_contact",   400,   61,    None, "Den senaste kontakten var för 13 månader sedan (~2 månader)"),
        ("rai_age",              1,     None,  None, "Den senaste RAI-bedömningen gjordes för 1 dag sedan"),
        ("rai_age",              731,   None,  None, "Den senaste RAI-bedömningen gjordes för 2 år sedan"),
        ("home_care_minutes",    1,     None,  30,   "Hemvårdens besökstid 1 minut under 30 dagar"),
        ("home_care_minutes",    0,     None,  30,   "Ingen besökstid inom hemvården under 30 dagar"),
        ("granted_minutes",      0,     None,  None, "Hemvård har inte beviljats"),
        ("observed_history",     800,   None,  None, "Uppgifter om service från 800 dagar"),
        ("age",                  1,     None,  None, "Ålder 1 år"),
        ("diabetes",             1,     1,     None, "Diabetes är antecknad (=)"),
        ("informal_care",        0,     1,     None, "Inget stöd för närståendevård är i kraft (!)"),  # ett stöd
        ("home_care_episode",    0,     None,  None, "Ingen regelbunden hemvård pågår"),  # en hemvård
        ("residential_episode",  0,     None,  None, "Inget dygnet-runt-boende pågår"),  # ett boende
        ("missed_contacts",      1,     None,  90,   "1 besök som inte blev av under 90 dagar"),
        ("missed_contacts",      0,     None,  90,   "Inga besök som inte blev av under 90 dagar"),
        ("digital_share",        0.125, None,  365,  f"{DIGI_SV} 12,5\u00a0% under 12 månader"),
        ("whodas_change",        2,     None,  730,  f"{WHO_SV} förändring sedan föregående bedömning +2 poäng"),
        ("whodas_change",        0,     None,  730,  f"{WHO_SV} ingen förändring sedan föregående bedömning"),
        ("emergency_contacts",   2,     2,     90,   "2 jourbesök under 90 dagar (=)"),
    ],
)  # fmt: skip
def test_swedish_forms(family, value, usual, window, sv):
    """(~0) stands for "(i jämförelsegruppen vanligen 0)", (=) for "som vanligen …", (!) for "… annorlunda"."""
    expected = sv.replace("(=)", "(som vanligen i jämförelsegruppen)")
    expected = expected.replace("(!)", "(i jämförelsegruppen är det vanligen annorlunda)")
    assert said(family, value, usual, window)["sv"] == expected.replace("(~", "(i jämförelsegruppen vanligen ")


@pytest.mark.parametrize(
    "family,               value, usual, window, en",
    [
        ("emergency_contacts", 1,     0,     90,   "1 emergency visit in 90 days (usually 0 ~)"),
        ("emergency_contacts", 0,     2,     90,   "No emergency visits in 90 days (usually 2 ~)"),
        ("emergency_contacts", 1.5,   None,  1,    "1.5 emergency visits in 1 day"),
        ("emergency_contacts", 0.5,   None,  90,   "0.5 emergency visits in 90 days"),
        ("emergency_contacts", 2,     2,     365,  "2 emergency visits in 12 months (as is usual ~)"),
        ("home_care_minutes",  1234,  None,  30,   "Home-care visiting time 1,234 minutes in 30 days"),
        ("home_care_minutes",  1,     None,  30,   "Home-care visiting time 1 minute in 30 days"),
        ("rai_age",            1,     None,  None, "The latest RAI assessment was made 1 day ago"),
        ("rai_age",            70,    None,  None, "The latest RAI assessment was made 2 months ago"),
        ("days_since_contact", 365.25 * 3, None, None, "The latest contact was 3 years ago"),
        ("whodas_change",      -1,    None,  730,  f"{WHO_EN} −1 point"),
        ("digital_share",      0.125, None,  90,   "Share of contacts that were digital: 12.5% in 90 days"),
        ("memory_disorder",    1,     0,     None, "A memory disorder is recorded (usually otherwise ~)"),
        ("age",                1,     None,  None, "Age 1 year"),
    ],
)  # fmt: skip
def test_english_forms(family, value, usual, window, en):
    """(usually 0 ~) stands for "(usually 0 in the comparison group)"."""
    assert said(family, value, usual, window)["en"] == en.replace("~", "in the comparison group")


@pytest.mark.parametrize(
    "family,               value, window, fi, sv, en",
    [
        ("emergency_contacts", 3, 90,
         "3 päivystyskäyntiä 90 päivän aikana, viimeksi 3.4.2026 (vertailuryhmässä tavallisesti 0)",
         "3 jourbesök under 90 dagar, senast den 3.4.2026 (i jämförelsegruppen vanligen 0)",
         "3 emergency visits in 90 days, latest on 3 April 2026 (usually 0 in the comparison group)"),
        ("memory_disorder", 1, None,
         "Muistisairaus on kirjattu, tieto päivältä 3.4.2026 (vertailuryhmässä tavallisesti toisin)",
         "En minnessjukdom är antecknad, uppgift från den 3.4.2026 (i jämförelsegruppen är det vanligen annorlunda)",
         "A memory disorder is recorded, as of 3 April 2026 (usually otherwise in the comparison group)"),
        ("rai_age", 12, None,
         "Viimeisin RAI-arvio on tehty 12 päivää sitten, 3.4.2026 (vertailuryhmässä tavallisesti 0 päivää)",
         "Den senaste RAI-bedömningen gjordes för 12 dagar sedan, den 3.4.2026 (i jämförelsegruppen vanligen 0 dagar)",
         "The latest RAI assessment was made 12 days ago, on 3 April 2026 (usually 0 days in the comparison group)"),
        ("age", 84, None, "Ikä 84 vuotta", "Ålder 84 år", "Age 84 years"),
    ],
)  # fmt: skip
def test_a_sentence_tells_from_when_it_is(family, value, window, fi, sv, en):
    assert said(family, value, 0, window, date=DAY) == {"fi": fi, "sv": sv, "en": en}


def test_a_comparison_that_would_mislead_is_not_said():
    assert said("emergency_contacts", 0, 2, 90, backwards=True) == {
        "fi": "Ei päivystyskäyntejä 90 päivän aikana (vaikuttaa arvioon yhdessä muiden tietojen kanssa)",
        "sv": "Inga jourbesök under 90 dagar (påverkar bedömningen tillsammans med andra uppgifter)",
        "en": "No emergency visits in 90 days (affects the estimate together with other information)",
    }


@pytest.mark.parametrize(
    "family,      value, window, sv",
    [
        ("rai_change", 2,    365, "förändring sedan föregående bedömning +2 poäng"),
        ("rai_change", 0,    365, "ingen förändring sedan föregående bedömning"),
        ("rai_trend",  0.05, 730, "förändring +0,6 poäng om året under 24 månader"),
        ("rai_trend",  -0.5, 730, "förändring −6,1 poäng om året under 24 månader"),
    ],
)  # fmt: skip
def test_a_change_is_said_with_its_sign(family, value, window, sv):
    assert said(family, value, None, window, "CPS")["sv"] == f"RAI-bedömningens kognitionsskala CPS: {sv}"


def test_a_choice_is_said_without_a_comparison():
    assert said("sex", 1, 0, None, "female")["fi"] == "Sukupuoli: nainen"


def test_a_code_without_its_own_phrase_is_said_by_name():
    assert said("emergency_contacts", 2, None, 90, "x")["fi"] == "Fysioterapia 90 päivän aikana: 2"
