"""The source catalogue: equal to the mappings, strict, and what makes an absence unknown."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.errors import ConfigError
from configs.loader import PROJECT_ROOT, StrictConfig, read_yaml, validate_config
from configs.workspace import Workspace
from features.catalogue import Catalogue, load_catalogue
from features.histories import HistoriesConfig, build_grid
from features.history_files import read_meta
from features.ingest.discover import mappings_of
from features.simulator.load import load_county
from features.source_catalogue import SourceCatalogue, load_source_catalogue
from features.sources.mapping import SourceMapping
from tests.features.histories_data import WORDS, store_of, table_of
from tests.plans import covers
from training.tracking import tracked_run

CATALOGUES = {
    "configs/catalogue.yaml": ["configs/sources/demo/*.yaml", "configs/sources/service/*.yaml"],
    "configs/real/catalogue.yaml": ["configs/sources/real/*.yaml"],
    "configs/omop/catalogue.yaml": ["configs/sources/omop/*.yaml"],
}
PAIRS = [
    pytest.param(path, mapping, id=f"{mapping.source}-{mapping.table}")
    for path, patterns in CATALOGUES.items()
    for mapping in mappings_of(patterns)
]
DEMO = "configs/catalogue.yaml"
BREAK = {"date": "2023-05-01", "kind": "system_change", "comparable": False, "what": WORDS}


class Nothing(StrictConfig):
    """A run without settings."""


def source(**changed: Any) -> dict[str, Any]:
    """One entry that has no fault."""
    entry = {
        "owner": "somebody",
        "purposes": ["care"],
        "keys": ["client_id"],
        "refresh": "daily",
        "recording_delay_days": 1,
        "sensitivity": "special_category",
        "coverage": {"091": {"from": "2020-01-01"}, "049": {"from": "2021-01-01"}},
        "fields": {"contacts": ["client_id", "time", "status", "service"]},
    }
    return {**entry, **changed}


def loaded(folder: Path, **sources: Any) -> SourceCatalogue:
    file = folder / "catalogue.yaml"
    file.write_text(yaml.safe_dump({"sources": sources}), encoding="utf-8")
    return load_source_catalogue(file)


@covers("000-78")
@pytest.mark.parametrize("path, mapping", PAIRS)
def test_every_mapping_is_catalogued_as_it_is(path: str, mapping: SourceMapping) -> None:
    entry = load_source_catalogue(path).source(mapping.source)
    assert entry.recording_delay_days == mapping.recording_delay_days
    ends = {mapping.merge.end} - {None} if mapping.merge else set()
    assert set(entry.fields[mapping.table]) == {*mapping.columns, *ends}


@pytest.mark.parametrize("path", CATALOGUES)
def test_a_source_without_a_mapping_says_what_it_is_part_of(path: str) -> None:
    catalogue = load_source_catalogue(path)
    mapped = {mapping.source for mapping in mappings_of(CATALOGUES[path])}
    for name, entry in catalogue.sources.items():
        assert (name in mapped) is not bool(entry.part_of), name
        assert set(entry.part_of) <= mapped
        for table, columns in entry.fields.items():
            for whole in entry.part_of:
                own = catalogue.sources[whole].fields.get(table)
                assert own is None or set(columns) <= set(own), (name, table)


def test_coverage_is_what_the_simulated_county_does() -> None:
    county = load_county("configs/county/demo.yaml")
    coverage = load_source_catalogue(DEMO).coverage
    for town in county.municipalities:
        for name in (f"avohilmo/instance_{town.instance}", "digiklinikka", "keskussairaala"):
            assert coverage[name][town.code] == town.history_start
        early = town.legacy_org in county.segmentation.pilot_orgs
        expected = county.segmentation.start if early else county.segmentation.county_wide
        assert coverage["segmentointi"][town.code] == expected
    for instance in "ab":
        own = {town.code for town in county.municipalities if town.instance == instance}
        assert set(coverage[f"sosiaali/instance_{instance}"]) == own


@covers("001-H2")
def test_an_incomparable_break_moves_the_first_day_where_it_happened(tmp_path: Path) -> None:
    catalogue = loaded(
        tmp_path,
        everywhere=source(source_breaks=[BREAK]),
        one_town=source(source_breaks=[{**BREAK, "municipalities": ["049"]}]),
        comparable=source(source_breaks=[{**BREAK, "comparable": True}]),
        earlier=source(source_breaks=[{**BREAK, "date": "2019-01-01"}]),
        ended=source(coverage={"091": {"from": "2020-01-01", "to": "2022-01-01"}, "049": {"from": "2021-01-01"}}),
    )
    moved, first, second = date(2023, 5, 1), date(2020, 1, 1), date(2021, 1, 1)
    assert catalogue.coverage == {
        "comparable": {"049": second, "091": first},
        "earlier": {"049": second, "091": first},
        "ended": {"049": second},
        "everywhere": {"049": moved, "091": moved},
        "one_town": {"049": moved, "091": first},
    }


def test_reports_ask_for_the_breaks_of_a_period(tmp_path: Path) -> None:
    later = {**BREAK, "date": "2023-06-01", "kind": "guideline_version", "comparable": True}
    catalogue = loaded(tmp_path, one=source(source_breaks=[BREAK, later]))
    found = catalogue.breaks_between("one", date(2023, 5, 1), date(2023, 6, 1))
    assert [(str(one.date), one.kind) for one in found] == [("2023-05-01", "system_change")]
    assert len(catalogue.breaks_between("one", date(2023, 1, 1), date(2024, 1, 1))) == 2
    with pytest.raises(ConfigError, match=r"unknown source `onne`. Did you mean `one`\?"):
        catalogue.breaks_between("onne", date(2023, 1, 1), date(2024, 1, 1))


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"coverage": {"91": {"from": "2020-01-01"}}}, "`91` is no municipality code; write three digits in quotes"),
        ({"coverage": {"091": {"from": "2020-01-01", "to": "2019-01-01"}}}, "ends on 2019-01-01, before it begins"),
        ({"coverage": {}}, "at least 1 item"),
        ({"fields": {"contact": ["time"]}}, r"unknown table `contact`. Did you mean `contacts`\?"),
        ({"fields": {"contacts": ["servise"]}}, r"unknown column of contacts `servise`. Did you mean `service`\?"),
        ({"fields": {"contacts": ["time", "time"]}}, "contacts names `time` twice"),
        ({"keys": ["client"]}, r"unknown column in `keys` `client`. Did you mean `client_id`\?"),
        ({"purposes": ["marketing"]}, "purposes"),
        ({"part_of": ["oner"]}, "unknown source in `part_of` `oner`"),
        ({"source_breaks": [{**BREAK, "municipalities": ["092"]}]}, "unknown municipality `092`"),
        ({"source_breaks": [BREAK, {**BREAK, "date": "2022-01-01"}]}, "write the earliest first"),
        ({"owners": "x"}, r"unknown key `sources.one.owners`. Did you mean `owner`\?"),
    ],
)
def test_a_fault_is_named_with_what_is_allowed(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        loaded(tmp_path, one=source(**changed))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, one=source(keys=["client"]), two=source(part_of=["three"], fields={"contacts": ["tim"]}))
    assert all(word in str(caught.value) for word in ("`client`", "`three`", "`tim`"))


def test_the_version_is_of_the_meaning_not_of_the_file(tmp_path: Path) -> None:
    values = read_yaml(DEMO)
    rewritten = tmp_path / "catalogue.yaml"
    rewritten.write_text("# other words\n" + yaml.safe_dump(values), encoding="utf-8")
    assert load_source_catalogue(rewritten).sha256 == load_source_catalogue(DEMO).sha256
    values["sources"]["digiklinikka"]["owner"] = "somebody else"
    rewritten.write_text(yaml.safe_dump(values), encoding="utf-8")
    assert load_source_catalogue(rewritten).sha256 != load_source_catalogue(DEMO).sha256


def features(folder: Path, sources: str = DEMO, **body: Any) -> Path:
    """A feature catalogue with the family `calls`."""
    family = {"table": "contacts", "aggregate": "count", "windows": [90], "name": WORDS, "dimension": "health"}
    family |= {"role": "risk", "source": "test", "unit": "count", **body}
    file = folder / "features.yaml"
    file.write_text(
        yaml.safe_dump({"sources": sources, "dimensions": {"health": WORDS}, "families": {"calls": family}})
    )
    return file


@covers("002-A11")
def test_a_feature_that_cites_an_uncatalogued_field_is_refused_with_both_names(tmp_path: Path) -> None:
    loaded(tmp_path, one=source())
    own = str(tmp_path / "catalogue.yaml")
    load_catalogue(features(tmp_path, own, by="service"))
    with pytest.raises(ConfigError) as caught:
        load_catalogue(features(tmp_path, own, by="reason", filter={"channel": "phone"}))
    said = str(caught.value)
    assert "family `calls`: the field `contacts.reason` is in no source of" in said
    assert "family `calls`: the field `contacts.channel` is in no source of" in said
    with pytest.raises(ConfigError, match=r"`calls`: the field `residents.municipality`"):
        load_catalogue(features(tmp_path, own, coverage="one"))


def test_a_coverage_must_be_of_a_catalogued_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"family `calls`: unknown source in `coverage` `digiklinika`. Did you mean"):
        load_catalogue(features(tmp_path, coverage="digiklinika"))


def test_a_catalogue_without_sources_or_with_its_own_coverage_is_refused(tmp_path: Path) -> None:
    file = features(tmp_path)
    values = read_yaml(file)
    file.write_text(yaml.safe_dump({key: value for key, value in values.items() if key != "sources"}))
    with pytest.raises(ConfigError, match=r"the key `sources` is missing. Add `sources: configs/catalogue.yaml`"):
        load_catalogue(file)
    file.write_text(yaml.safe_dump({**values, "coverage": {"digiklinikka": {"091": "2020-01-01"}}}))
    with pytest.raises(ConfigError, match=r"`coverage` comes from the source catalogue. Remove it"):
        load_catalogue(file)


def test_coverage_and_version_travel_with_the_bundle(tmp_path: Path) -> None:
    catalogue = load_catalogue(features(tmp_path, coverage="digiklinikka"))
    sources = load_source_catalogue(DEMO)
    again = Catalogue.from_json(catalogue.to_json())
    assert again.sources_version == sources.sha256
    assert again.coverage == sources.coverage
    assert again.sha256 == catalogue.sha256


def test_a_bundle_from_before_the_catalogue_loads_unless_it_needs_the_coverage(tmp_path: Path) -> None:
    def old(**body: Any) -> str:
        values = json.loads(load_catalogue(features(tmp_path, **body)).to_json())
        return json.dumps({key: value for key, value in values.items() if key not in OURS})

    OURS = {"sources", "sources_version", "coverage"}
    assert Catalogue.from_json(old()).sources_version == ""
    with pytest.raises(ConfigError, match="unknown source in `coverage` `digiklinikka`"):
        Catalogue.from_json(old(coverage="digiklinikka"))


def test_every_feature_catalogue_of_the_project_names_its_sources() -> None:
    files = [
        file
        for file in (PROJECT_ROOT / "configs").rglob("*.yaml")
        if {"families", "dimensions"} <= set(read_yaml(file))
    ]
    assert {file.name for file in files} >= {"features.yaml", "features_hospital.yaml"}
    for file in files:
        assert load_catalogue(file).sources_version, file.name


@covers("000-79", "002-A11")
def test_histories_and_runs_keep_the_version_of_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    version = load_source_catalogue(DEMO).sha256
    residents = table_of("residents", [{"client_id": "a", "valid_from": "2020-01-01"}])
    contacts = table_of("contacts", [{"client_id": "a", "time": "2024-01-15"}])
    workspace = Workspace.of("var")
    store_of(workspace.store, {"residents": residents, "contacts": contacts})
    settings = {"var": "var", "catalogue": str(features(tmp_path)), "vocabulary_until": "2024-02-01"}
    settings["dates"] = {"first": "2024-02-01", "last": "2024-03-01", "step": "month"}
    folder = build_grid(workspace, validate_config(settings, HistoriesConfig, "histories.yaml"))
    assert read_meta(folder)["sources_version"] == version
    with tracked_run(workspace, "need_demo", "booster", Nothing(), "a" * 64, version) as run:
        tags = run.registry.client.get_run(run.run_id).data.tags
    assert tags["sources_version"] == version
    with tracked_run(workspace, "ae_demo", "demand", Nothing(), "a" * 64) as run:
        assert "sources_version" not in run.registry.client.get_run(run.run_id).data.tags
