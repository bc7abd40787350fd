"""One contract for every county: the same code loads, checks, begins a source catalogue, ingests and builds."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from configs.loader import PROJECT_ROOT
from features.catalogue import load_catalogue
from features.catalogue.vocabulary import Vocabulary
from features.county_profile import Profile, load_profile
from features.county_profile.__main__ import main
from features.county_profile.load import profile_files
from features.county_profile.profile import System
from features.county_profile.skeleton import skeleton
from features.county_profile.summary import readiness
from features.identity import CHECK_CHARACTERS
from features.ingest.discover import mappings_of
from features.kernel import build_features
from features.source_catalogue import SourceCatalogue, load_source_catalogue
from tests.features.deliveries.extracts import CONTACTS, RESIDENTS, Extracts
from tests.features.histories_data import WORDS
from tests.plans import covers

FILES = profile_files()
COUNTIES = {"varsinais_suomi", "kanta_hame", "paijat_hame", "keski_suomi", "etela_savo"}
every_county = pytest.mark.parametrize("path", FILES, ids=lambda file: file.stem)
SURNAMES = {"serving/desk/directory.py", "features/simulator/residents/people.py"}
"""Lists of common surnames, some of which are towns too."""
ELSEWHERE = "091"


@covers("002-A14")
def test_the_five_counties_are_there() -> None:
    assert {file.stem for file in FILES} == COUNTIES


@every_county
def test_the_profile_is_whole(path: Path) -> None:
    profile = load_profile(path)
    assert {"fi"} <= set(profile.languages)
    assert all(one.history_start or one.reason for one in (*profile.legacy_organisations, *profile.systems))
    assert any(one.date == profile.started for one in profile.source_breaks)
    for one in (*profile.groups, *profile.source_breaks):
        words = one.name if hasattr(one, "name") else one.what
        assert all(words.as_text().values())


def test_the_municipalities_are_those_of_the_counties() -> None:
    """Counts and a few codes from Statistics Finland, written here by hand."""
    profiles = {file.stem: load_profile(file) for file in FILES}
    counts = {name: len(profile.municipalities) for name, profile in profiles.items()}
    assert counts == {"varsinais_suomi": 27, "kanta_hame": 11, "paijat_hame": 10, "keski_suomi": 22, "etela_savo": 12}
    codes = {one.name.fi: one.code for profile in profiles.values() for one in profile.municipalities}
    known = {"Turku": "853", "Koski Tl": "284", "Hämeenlinna": "109", "Lahti": "398", "Iitti": "142"}
    known |= {"Jyväskylä": "179", "Mikkeli": "491", "Savonlinna": "740", "Parainen": "445", "Aura": "019"}
    assert {name: codes[name] for name in known} == known
    assert len(set(codes.values())) == len(codes) == sum(counts.values())
    assert "Kuhmoinen" not in codes
    merged = next(one for one in profiles["etela_savo"].municipalities if one.until)
    assert (merged.name.fi, str(merged.until), merged.merged_into) == ("Pertunmaa", "2025-01-01", codes["Mäntyharju"])


def test_the_same_indicator_means_the_same_everywhere() -> None:
    """Comparison across definitions is refused by giving each definition an id of its own."""
    meanings: dict[str, set[tuple[object, ...]]] = {}
    for file in FILES:
        for one in load_profile(file).indicators:
            meaning = (one.numerator, one.denominator, one.unit, one.clock, one.needs, one.outside)
            meanings.setdefault(one.id, set()).add(meaning)
    assert {name for name, found in meanings.items() if len(found) > 1} == set()
    assert {"access_7d_visits", "access_7d_centres", "t3_physician", "remote_share_with_phone_of_visits"} <= set(
        meanings
    )


@covers("002-A14")
def test_no_county_is_named_in_code() -> None:
    code = {
        str(file.relative_to(PROJECT_ROOT)): file.read_text(encoding="utf-8")
        for package in ("configs", "features", "models", "evaluation", "training", "serving")
        for file in (PROJECT_ROOT / package).rglob("*.py")
    }
    found = []
    for profile in map(load_profile, FILES):
        orgs = [one.id for one in profile.legacy_organisations if one.kind not in ("hospital_district", "not_named")]
        towns = [one.name.fi for one in profile.municipalities]
        for name, text in code.items():
            words = set(re.findall(r"[\wåäöÅÄÖ-]+", text))
            places = [] if name in SURNAMES else towns
            found += [
                (name, word) for word in (profile.id, profile.name.fi.split()[0], *orgs, *places) if word in words
            ]
    assert found == []


@every_county
def test_the_summary_says_who_what_and_what_is_missing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(path)]) == 0
    said = capsys.readouterr().out
    profile = load_profile(path)
    named = [
        profile.name.fi,
        *(one.id for one in (*profile.legacy_organisations, *profile.systems, *profile.indicators)),
    ]
    assert [name for name in named if name not in said] == []
    assert str(profile.started) in said
    assert "needs a mapping of" in said


def test_readiness_follows_the_mappings() -> None:
    indicators = {one.id: one for file in FILES for one in load_profile(file).indicators}
    demo = mappings_of(["configs/sources/demo/*.yaml"])
    assert readiness(indicators["needs_assessment_over_7wd"], demo) == "ready"
    assert readiness(indicators["needs_assessment_over_7wd"], []) == "needs a mapping of requests"
    assert readiness(indicators["suuntima_teams_share"], demo) == "outside the data contract: the list of teams"
    without = [one for one in demo if one.table != "appointment_slots"]
    assert readiness(indicators["t3_nurse"], without) == "needs a mapping of appointment_slots"
    residents = [one for one in mappings_of(["configs/sources/real/*.yaml"]) if one.table == "contacts"]
    assert (
        readiness(indicators["coci"], residents) == "needs contacts.profession, contacts.professional_id in a mapping"
    )


# ---- a tiny delivery of every county, through the same mappings, ingest and kernel


def contact_source(profile: Profile) -> System:
    """The first system that fills contacts and whose municipalities are told."""
    return next(one for one in profile.systems if "contacts" in one.tables and profile.coverage(one))


def begun_catalogue(profile: Profile, folder: Path) -> tuple[Path, SourceCatalogue]:
    file = folder / "catalogue.yaml"
    file.write_text(skeleton(profile), encoding="utf-8")
    return file, load_source_catalogue(file)


def people(profile: Profile) -> Iterator[tuple[str, str, str, date]]:
    """Identifier, municipality, legacy organisation, first complete day: a person per pair, and one from elsewhere."""
    pairs = [(one.code, org) for one in profile.municipalities for org in one.legacy_orgs]
    for number, (code, org) in enumerate([*pairs, (ELSEWHERE, pairs[0][1])]):
        birth = f"{number % 28 + 1:02d}0150"
        individual = 900 + number
        yield (
            f"{birth}-{individual}{CHECK_CHARACTERS[int(f'{birth}{individual}') % 31]}",
            code,
            org,
            start_of(profile, code),
        )


def start_of(profile: Profile, code: str) -> date:
    return profile.started if code == ELSEWHERE else profile.observed_from(code, contact_source(profile))


def delivered(profile: Profile, source: str, first_days: dict[str, date], folder: Path) -> Extracts:
    """Residents, and two contacts each: one before the first day that counts and one after."""
    extracts = Extracts(folder)
    orgs = {"from": "org", "codes": {one.id: one.id for one in profile.legacy_organisations}}
    columns = {**RESIDENTS["columns"], "municipality": {"from": "town"}, "history_start": {"from": "complete"}}
    columns |= {"valid_from": {"value": "2010-01-01"}, "died_on": {"from": "died"}}
    extracts.mapping({**RESIDENTS, "source": "population_register", "legacy_org": orgs, "columns": columns})
    extracts.mapping({**CONTACTS, "source": source, "legacy_org": orgs})
    residents, contacts = ["hetu;born;died;town;org;complete"], ["hetu;time;recorded;service;reason;minutes;org"]
    for hetu, code, org, complete in people(profile):
        residents.append(f"{hetu};1950;;{code};{org};{complete}")
        counted = max(complete, first_days.get(code, complete))
        for day in (counted - timedelta(days=60), counted + timedelta(days=60)):
            contacts.append(f"{hetu};{day} 10:00:00;{day} 11:00:00;T1;A;20;{org}")
    extracts.deliver("people.csv", "\n".join(residents) + "\n", "2025-12-31")
    extracts.deliver("contacts.csv", "\n".join(contacts) + "\n", "2025-12-31")
    return extracts


def features_of(sources: Path, covered: str, folder: Path) -> Path:
    body: dict[str, Any] = {"table": "contacts", "aggregate": "count", "windows": [30, 90, 365], "name": WORDS}
    body |= {"dimension": "health", "role": "risk", "source": "test", "unit": "count"}
    families = {"plain": body, "covered": {**body, "coverage": covered}}
    file = folder / "features.yaml"
    values = {"sources": str(sources), "dimensions": {"health": WORDS}, "families": families}
    file.write_text(yaml.safe_dump(values, sort_keys=False))
    return file


@covers("002-A14")
@every_county
def test_a_delivery_of_the_county_becomes_a_history(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    (tmp_path / "var").mkdir()
    profile = load_profile(path)
    file, sources = begun_catalogue(profile, tmp_path)
    system = contact_source(profile)
    source = next(name for name in sources.sources if name.split("/")[0] == system.id)
    catalogue = load_catalogue(features_of(file, source, tmp_path))
    extracts = delivered(profile, source, dict(catalogue.coverage[source]), tmp_path / "var")
    outcome = extracts.ingest()
    assert sum(sum(one.quarantined.values()) for one in outcome.files) == 0
    tables = {name: extracts.read(name) for name in ("residents", "contacts")}
    assert set(tables["contacts"]["legacy_org"]) == {org for one in profile.municipalities for org in one.legacy_orgs}
    assert set(tables["residents"]["municipality"]) == {*(one.code for one in profile.municipalities), ELSEWHERE}
    check_history(profile, catalogue, source, tables)


def check_history(profile: Profile, catalogue: Any, source: str, tables: dict[str, Any]) -> None:
    """100 days after the first day that counts: 90 days are known, a year is not; elsewhere nothing is."""
    residents = tables["residents"].reset_index(drop=True)
    towns = residents["municipality"].astype(object)
    first = dict(catalogue.coverage[source])
    starts = [max(first.get(code, start_of(profile, code)), start_of(profile, code)) for code in towns]
    as_of = np.array([day + timedelta(days=100) for day in starts], "datetime64[D]")
    clients = residents["client_id"].to_numpy(object)
    built = build_features(tables, clients, as_of, catalogue, Vocabulary({}, date(2025, 1, 1)))
    plain, covered = built[:, :3], built[:, 3:]
    listed = np.array([code in first for code in towns])
    own = np.array([start_of(profile, code) for code in towns], "datetime64[D]")
    np.testing.assert_array_equal(covered[listed], np.array([[0, 1, np.nan]] * int(listed.sum()), np.float32))
    assert np.isnan(covered[~listed]).all()
    assert not listed.all()
    short = as_of - 365 < own
    assert np.isnan(plain[short, 2]).all()
    np.testing.assert_array_equal(plain[~short, 2], 2)
    np.testing.assert_array_equal(plain[:, :2], np.array([[0, 1]] * len(plain), np.float32))


def test_a_declared_start_and_a_break_move_the_first_day() -> None:
    """One county has records from before its own first day; a break in recording makes only the later ones count."""
    early = [(profile, one) for profile in map(load_profile, FILES) for one in profile.systems if one.history_start]
    before = [(profile, one) for profile, one in early if one.history_start < profile.started and profile.coverage(one)]
    assert before
    for profile, system in before:
        days = {period.from_ for period in profile.coverage(system).values()}
        assert days == {system.history_start}
        assert any(not one.comparable and one.date > system.history_start for one in profile.breaks_of(system))


@covers("002-D15")
def test_late_joiners_count_from_the_day_they_joined() -> None:
    profile = next(
        one for one in map(load_profile, FILES) if any(org.history_start for org in one.legacy_organisations)
    )
    late = [one.code for one in profile.municipalities if any(o.history_start for o in profile.organisations(one.code))]
    assert {one.name.fi for one in profile.municipalities if one.code in late} == {"Heinola", "Sysmä"}
    assert {profile.observed_from(code) for code in late} == {date(2023, 1, 1)}
    breaks = [one for one in profile.source_breaks if set(one.municipalities) == set(late)]
    assert [one.comparable for one in breaks] == [False]


@every_county
def test_the_begun_catalogue_holds_every_system_that_delivers(path: Path, tmp_path: Path) -> None:
    profile = load_profile(path)
    _, sources = begun_catalogue(profile, tmp_path)
    listed = Counter(name.split("/")[0] for name in sources.sources)
    for system in profile.systems:
        told = bool(system.tables) and system.status != "planned" and bool(profile.coverage(system))
        assert listed[system.id] == (max(len(system.instances), 1) if told else 0)
    text = skeleton(profile)
    missing = [
        one.id for one in profile.systems if one.tables and one.municipalities is None and one.status != "planned"
    ]
    assert all(name in text for name in missing)
