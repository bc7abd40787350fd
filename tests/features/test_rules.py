"""Rules: three answers, never a guess; what fires shows its events; what was not known on the date counts nowhere."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.errors import ConfigError
from configs.loader import load_config
from features.catalogue import load_catalogue
from features.rules.__main__ import main
from features.rules.evidence import evidence
from features.rules.fire import CANNOT_TELL, FIRES, NOT, verdicts
from features.rules.run import RulesConfig, RuleWork, judge, narrowed, rule_work
from features.rules.spec import FLOWS, EligibilityRules, RuleBook, load_rules
from features.store import Snapshot, read_table
from tests.features.histories_data import WORDS, empty_tables, family, store_of, table_of
from tests.plans import covers

ANNA, BEA, CARL = ("0000000a" + "0" * 24, "0000000b" + "0" * 24, "0000000c" + "0" * 24)
UNKNOWN = np.nan
AS_OF = date(2024, 4, 1)
NAMES = dict.fromkeys(FLOWS, WORDS)
FAMILIES = (
    family("visits", "contacts", "count", windows=[90], filter={"sector": "primary"}),
    family("social", "contacts", "count", windows=[90], filter={"sector": "social"}),
    family("plan", "plans", "valid_on"),
    family("cps", "assessments", "last", value="value", filter={"scale": "CPS"}),
)
ELIGIBILITY = {
    "version": "1",
    "social": [{"feature": "social__90d", "at_least": 1}],
    "health": [{"feature": "visits__90d", "at_least": 1}],
    "long_term": [{"feature": "visits__90d", "at_least": 3}],
}


def rule(**clauses: Any) -> dict[str, Any]:
    return {"kind": "alert", "name": WORDS, "source": "own assumption", **clauses}


def bound(feature: str, at_least: float | None = None, at_most: float | None = None) -> dict[str, Any]:
    return {"feature": feature, "at_least": at_least, "at_most": at_most}


def written(folder: Path, **rules: Any) -> str:
    """A rule book on disk, with its eligibility file."""
    gate, book = folder / "eligibility.yaml", folder / "rules.yaml"
    gate.write_text(yaml.safe_dump(ELIGIBILITY))
    book.write_text(
        yaml.safe_dump({"version": "1", "eligibility": str(gate), "flow_names": NAMES, "rules": rules}, sort_keys=False)
    )
    return str(book)


def answers(book: RuleBook, **values: float) -> dict[str, int]:
    frame = {"social__90d": UNKNOWN, "visits__90d": UNKNOWN, **values}
    return {name: int(one[0]) for name, one in verdicts(book, {k: np.array([v]) for k, v in frame.items()}, 1).items()}


@pytest.mark.parametrize(
    "a,        b,        any_of,       all_of,       a_without_b",
    [
        (1.0, 1.0, FIRES, FIRES, NOT),
        (1.0, 0.0, FIRES, NOT, FIRES),
        (0.0, 1.0, FIRES, NOT, NOT),
        (0.0, 0.0, NOT, NOT, NOT),
        (1.0, UNKNOWN, FIRES, CANNOT_TELL, CANNOT_TELL),
        (0.0, UNKNOWN, CANNOT_TELL, NOT, NOT),
        (UNKNOWN, 1.0, FIRES, CANNOT_TELL, NOT),
        (UNKNOWN, 0.0, CANNOT_TELL, NOT, CANNOT_TELL),
        (UNKNOWN, UNKNOWN, CANNOT_TELL, CANNOT_TELL, CANNOT_TELL),
    ],
)
def test_unknown_is_neither_yes_nor_no(
    tmp_path: Path, a: float, b: float, any_of: int, all_of: int, a_without_b: int
) -> None:
    one, two = bound("a", at_least=1), bound("b", at_least=1)
    book = load_rules(
        written(tmp_path, either=rule(any=[one, two]), both=rule(all=[one, two]), only_a=rule(all=[one], none=[two]))
    )
    found = answers(book, a=a, b=b)
    assert [found[name] for name in ("either", "both", "only_a")] == [any_of, all_of, a_without_b]


@covers("000-16", "001-A3")
@pytest.mark.parametrize(
    "social,   visits,   flows,                              long_term",
    [
        (1.0, 0.0, (FIRES, NOT, NOT), NOT),
        (0.0, 2.0, (NOT, FIRES, NOT), NOT),
        (2.0, 3.0, (FIRES, FIRES, FIRES), FIRES),
        (UNKNOWN, 3.0, (CANNOT_TELL, FIRES, CANNOT_TELL), FIRES),
        (UNKNOWN, UNKNOWN, (CANNOT_TELL, CANNOT_TELL, CANNOT_TELL), CANNOT_TELL),
    ],
)
def test_flows_and_duration_come_from_the_eligibility_rules(
    tmp_path: Path, social: float, visits: float, flows: tuple[int, ...], long_term: int
) -> None:
    book = load_rules(written(tmp_path, one=rule(all=[bound("visits__90d", at_least=1)])))
    found = answers(book, social__90d=social, visits__90d=visits)
    assert tuple(found[name] for name in FLOWS) == (*flows, long_term)


@pytest.mark.parametrize(
    "rules, message",
    [
        ({"a": rule(all=[{"rule": "later"}]), "later": rule(any=[bound("x", 1)])}, "`later`, which is not written"),
        ({"a": rule(all=[{"rule": "client_flow_sosial"}])}, "Did you mean `client_flow_social`"),
        ({"client_flow_social": rule(any=[bound("x", 1)])}, "Give the rule another id"),
        ({"a": rule(none=[bound("x", 1)])}, "absence alone never fires"),
        ({"a": {**rule(any=[bound("x", 1)]), "kind": "alarm"}}, "kind"),
    ],
)
def test_a_faulty_book_is_refused_with_its_place(tmp_path: Path, rules: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_rules(written(tmp_path, **rules))


def contacts(client: str, *days: str, **more: Any) -> list[dict[str, Any]]:
    return [{"client_id": client, "time": f"{day}T12:00:00", "recorded_at": f"{day}T13:00:00", **more} for day in days]


def snapshot_of(folder: Path) -> Snapshot:
    people = [{"client_id": one, "municipality": "901"} for one in (ANNA, BEA, CARL)]
    rows = [
        *contacts(ANNA, "2024-03-01", "2024-03-05", "2024-03-09", "2023-12-01"),
        *contacts(ANNA, "2024-03-20", sector="social", service="home_care"),
        *contacts(BEA, "2024-03-30"),
        {"client_id": BEA, "time": "2024-03-20", "recorded_at": "2024-04-01"},  # recorded at as_of: not known
        {"client_id": BEA, "time": "2024-03-10", "superseded_at": "2024-03-15"},  # replaced before as_of
    ]
    plans = [
        {"client_id": ANNA, "valid_from": "2024-01-01"},
        {"client_id": BEA, "valid_from": "2023-01-01", "valid_to": "2024-02-01", "valid_to_recorded_at": "2024-02-01"},
    ]
    scales = [
        {"client_id": ANNA, "time": "2024-01-01", "value": 1},
        {"client_id": ANNA, "time": "2024-02-01", "value": 4},
    ]
    tables = {
        **empty_tables(),
        "residents": table_of("residents", people),
        "contacts": table_of("contacts", rows),
        "plans": table_of("plans", plans),
        "assessments": table_of("assessments", scales),
    }
    return store_of(folder, {name: frame for name, frame in tables.items() if len(frame)})


@pytest.fixture
def work(tmp_path: Path) -> RuleWork:
    catalogue = tmp_path / "features.yaml"
    families = {one.id: one.model_dump(mode="json", exclude={"id"}) for one in FAMILIES}
    named = {"sources": "configs/catalogue.yaml", "dimensions": {"health": WORDS}}
    catalogue.write_text(yaml.safe_dump({**named, "families": families}))
    rules = written(
        tmp_path,
        many=rule(all=[bound("visits__90d", at_least=3)]),
        many_without_plan=rule(all=[bound("visits__90d", at_least=1), bound("plan", at_most=0)]),
        memory=rule(all=[{"rule": "client_flow_health"}, bound("cps", at_least=3)]),
    )
    snapshot = snapshot_of(tmp_path / "store")
    return rule_work(snapshot, RulesConfig(var="var", rules=rules, catalogue=str(catalogue), as_of=AS_OF))


def judged(work: RuleWork) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = {name: read_table(work.snapshot, name) for name in work.catalogue.tables}
    clients = np.array([ANNA, BEA, CARL], dtype=object)
    verdict, fired = judge(work, tables, clients)
    return verdict, evidence(tables, work.as_of, fired, work.book, work.catalogue, work.specs)


def test_who_fires(work: RuleWork) -> None:
    verdict, _ = judged(work)
    fires = verdict[verdict["answer"] == "fires"].groupby("rule")["client_id"].agg(list).to_dict()
    assert fires == {
        "client_flow_health": [ANNA, BEA],
        "client_flow_social": [ANNA],
        "client_flow_multi_sector": [ANNA],
        "need_duration_long_term": [ANNA],
        "many": [ANNA],
        "many_without_plan": [BEA],
        "memory": [ANNA],
    }
    memory = verdict[verdict["rule"] == "memory"].set_index("client_id")["answer"]
    assert (memory[BEA], memory[CARL]) == ("cannot_tell", "does_not")  # no scale is unknown; no contact is no


@covers("001-A4")
def test_evidence_is_the_events_known_on_the_date(work: RuleWork) -> None:
    _, shown = judged(work)
    many = shown[shown["rule"] == "many"]
    assert many["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-03-09", "2024-03-05", "2024-03-01"]
    assert many["what"].tolist() == ["gp_visit"] * 3
    assert many["value"].tolist() == [3.0] * 3
    assert many["source"].tolist() == ["s/a"] * 3


def test_absence_is_shown_as_absence(work: RuleWork) -> None:
    _, shown = judged(work)
    bea = shown[(shown["rule"] == "many_without_plan") & (shown["client_id"] == BEA)].set_index("feature")
    assert bea.loc["visits__90d", "events"] == 1  # neither the late nor the replaced contact
    assert pd.isna(bea.loc["plan", "date"])
    assert bea.loc["plan", "events"] == 0


def test_a_value_is_shown_with_the_assessment_it_comes_from(work: RuleWork) -> None:
    _, shown = judged(work)
    cps = shown[(shown["rule"] == "memory") & (shown["feature"] == "cps")]
    assert cps[["what", "value", "events"]].to_numpy().tolist() == [["RAI-HC CPS 4", 4.0, 1]]
    assert cps["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-01"]


def test_at_most_five_events_are_shown_and_all_are_counted(tmp_path: Path, work: RuleWork) -> None:
    days = [f"2024-03-{day:02}" for day in range(1, 9)]
    tables = {
        **empty_tables(),
        "residents": table_of("residents", [{"client_id": ANNA}]),
        "contacts": table_of("contacts", contacts(ANNA, *days)),
    }
    _, fired = judge(work, tables, np.array([ANNA], object))
    shown = evidence(tables, AS_OF, fired, work.book, work.catalogue, work.specs)
    many = shown[shown["rule"] == "many"]
    assert len(many) == 5
    assert set(many["events"]) == {8}
    assert many["date"].max() == pd.Timestamp("2024-03-08")


def test_nobody_fires_in_an_empty_county(work: RuleWork) -> None:
    tables = empty_tables()
    verdict, fired = judge(work, tables, np.array([], object))
    assert verdict.empty
    assert evidence(tables, AS_OF, fired, work.book, work.catalogue, work.specs).empty


def test_an_unknown_feature_is_named_with_the_nearest(tmp_path: Path, work: RuleWork) -> None:
    rules = written(tmp_path, one=rule(all=[bound("visits__30d", at_least=1)]))
    config = RulesConfig(var="var", rules=rules, catalogue=str(tmp_path / "features.yaml"), as_of=AS_OF)
    with pytest.raises(ConfigError, match="Did you mean `visits__90d`"):
        rule_work(work.snapshot, config)


def test_the_shipped_rules_read_the_shipped_features() -> None:
    book = load_rules("configs/rules.yaml")
    catalogue = load_catalogue("configs/features.yaml")
    narrowed(catalogue, book, "configs/rules.yaml", "configs/features.yaml")
    kinds = {one.kind for one in book.rules.values()}
    assert kinds == {"client_flow", "need_duration", "target_group", "alert", "suggestion"}
    assert book.rules["client_flow_social"].any == load_config("configs/eligibility.yaml", EligibilityRules).social


@covers("002-B12")
def test_the_command_prints_counts_and_hides_small_ones(
    work: RuleWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    config = tmp_path / "run.yaml"
    named = {"rules": str(tmp_path / "rules.yaml"), "catalogue": str(tmp_path / "features.yaml")}
    config.write_text(yaml.safe_dump({"var": "var", **named, "as_of": AS_OF}))
    assert main(["--config", str(config)]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "< 5" in lines["many"]
    assert ANNA not in "".join(lines.values())


@pytest.mark.parametrize(
    "known,                                                                            fired",
    [
        ({"lapsed_client_plan": 1, "lapsed_care_plan": 1},                             set()),  # nobody's client now
        ({"lapsed_client_plan": 1, "social_contacts__365d": 1},                        set()),  # advice once
        ({"lapsed_client_plan": 1, "social_contacts__365d": 6, "contact_months__365d": 6}, {"client_plan_lapsed"}),
        ({"lapsed_client_plan": 0, "social_contacts__365d": 6, "contact_months__365d": 6}, set()),
        ({"lapsed_care_plan": 1, "primary_contacts__365d": 6, "contact_months__365d": 6},  set()),  # often, but not ill
        ({"lapsed_care_plan": 1, "primary_contacts__365d": 2, "contact_months__365d": 6, "diabetes": 1},
         {"care_plan_lapsed"}),
        ({"lapsed_care_plan": 1, "primary_contacts__365d": 1, "home_care_episode": 1}, {"care_plan_lapsed"}),
        ({"lapsed_care_plan": 1, "lapsed_client_plan": 1, "emergency_contacts__365d": 1, "residential_episode": 1},
         {"care_plan_lapsed", "client_plan_lapsed"}),
    ],
)  # fmt: skip
def test_a_lapsed_plan_is_an_alert_only_where_a_plan_is_due(known: dict[str, float], fired: set[str]) -> None:
    book = load_rules("configs/rules.yaml")
    found = answers(book, **{**dict.fromkeys(book.features(), 0.0), **known})
    alerts = {name for name, answer in found.items() if answer == FIRES and name.endswith("plan_lapsed")}
    assert alerts == fired
