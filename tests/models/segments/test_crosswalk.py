"""Cross-walks: every segment of both sides covered, unknown ones named, counts that give nobody away."""

import copy
from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from configs.errors import ConfigError, DataError
from configs.loader import PROJECT_ROOT, load_config, read_yaml
from evaluation import crosswalk as command
from evaluation.crosswalk import Compared, CrosswalkRun, Mapped, compare, proposals, report, take_through
from models.segments.crosswalk import load_crosswalk
from tests.plans import covers

TABLES = sorted(f"configs/crosswalks/{file.name}" for file in (PROJECT_ROOT / "configs" / "crosswalks").glob("*.yaml"))
SAME = "configs/crosswalks/suuntima_like_vantaa_kerava.yaml"
MORE = "configs/crosswalks/suuntima_like_keski_suomi_2020.yaml"
AS_OF = date(2025, 4, 1)


@pytest.mark.parametrize("path", TABLES)
def test_shipped_tables_are_whole_and_say_what_they_rest_on(path):
    table = load_crosswalk(path)
    assert path == f"configs/crosswalks/{table.config.id}.yaml"
    assert "not a measured equivalence" in table.config.notice.en
    for segment in table.from_scheme.segment_ids:
        assert table.targets(segment)


@pytest.mark.parametrize(
    "path, segment, targets",
    [
        (SAME, "network", ("huolenpito",)),
        (MORE, "network", ("johdetut", "oppimisasiakkaat")),
        (MORE, "self_managed", ("parjaajat",)),
    ],
)
def test_targets(path, segment, targets):
    table = load_crosswalk(path)
    assert table.targets(segment) == targets
    assert [one for one in table.to_scheme.segment_ids if table.allows(segment, one)] == list(targets)


def test_an_unknown_segment_is_named():
    with pytest.raises(ConfigError, match=r"unknown segment `networks`\. Did you mean `network`"):
        load_crosswalk(SAME).targets("networks")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda v: v["pairs"].pop(3), "`network` of `suuntima_like` has no pair.*`huolenpito` of `vantaa_kerava` has"),
        (lambda v: v["pairs"][0].update(to="omatoimin"), "unknown segment of `vantaa_kerava` `omatoimin`. Did"),
        (lambda v: v["pairs"][0].update(segment="self"), "unknown segment of `suuntima_like` `self`"),
        (lambda v: v["pairs"].append(v["pairs"][0]), r"the pair \(self_managed, omatoimi\) is given 2 times"),
        (lambda v: v["pairs"].append({"segment": "network", "to": "tuki"}), r"\(community, tuki\) is not its seg"),
        (lambda v: v.update(to_scheme=v["from_scheme"]), "both schemes are `suuntima_like`"),
        (lambda v: v.update(to_scheme="configs/schemes/vantaa.yaml"), "does not exist"),
        (lambda v: v.pop("notice"), "`notice` is missing"),
    ],
)  # fmt: skip
def test_a_faulty_table_is_refused_by_name(tmp_path, change, message):
    values = copy.deepcopy(read_yaml(SAME))
    change(values)
    file = tmp_path / "table.yaml"
    file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_crosswalk(str(file))


def record(client, scheme, segment, time="2025-03-01", recorded=None, version="1", superseded=None):
    return {
        "client_id": f"{client:032x}",
        "time": pd.Timestamp(time),
        "recorded_at": pd.Timestamp(recorded or time),
        "superseded_at": pd.Timestamp(superseded) if superseded else pd.NaT,
        "scheme": scheme,
        "scheme_version": version,
        "segment": segment,
    }


def both(first, segment, other, number, time="2025-02-01"):
    """`number` clients segmented in both schemes."""
    rows = []
    for client in range(first, first + number):
        rows += [record(client, "suuntima_like", segment), record(client, "vantaa_kerava", other, time)]
    return rows


@covers("002-B2")
def test_clients_segmented_in_both_are_cross_tabulated_and_small_cells_hidden():
    rows = [
        *both(0, "self_managed", "omatoimi", 20),
        *both(20, "network", "huolenpito", 10),
        *both(30, "network", "yhteistyo", 7),
        *both(37, "community", "huolenpito", 3),
    ]
    found = compare(pd.DataFrame(rows), load_crosswalk(SAME), AS_OF, within_days=182)
    shown = {cell: count for cell, count in found.counts.items() if count != 0}
    assert shown == {
        ("self_managed", "omatoimi"): 20,
        ("network", "huolenpito"): 10,
        ("network", "yhteistyo"): None,  # with the 3 alone hidden, the total would tell it
        ("community", "huolenpito"): None,
    }
    assert found.allowed == pytest.approx((20 + 10) / (20 + 10 + 7 + 3))
    assert "20" in report(load_crosswalk(SAME), found)
    assert "75%" in report(load_crosswalk(SAME), found)


@pytest.mark.parametrize(
    "change",
    [
        {"time": "2024-08-01"},                              # 212 days apart: another situation
        {"time": "2025-04-01"},                              # at as_of: not known
        {"recorded": "2025-04-02"},                          # recorded later
        {"superseded": "2025-03-10"},                        # corrected away
        {"version": "2"},                                    # another version
        {"scheme": "paijat_hame", "segment": "follow_up"},   # another scheme
        {"segment": None},                                   # an axis was not answered
    ],
)  # fmt: skip
def test_who_is_not_in_both(change):
    other = {"scheme": "vantaa_kerava", "segment": "omatoimi", **change}
    rows = [row for client in range(9) for row in (record(client, "suuntima_like", "network"), record(client, **other))]
    assert compare(pd.DataFrame(rows), load_crosswalk(SAME), AS_OF, within_days=182) is None


def test_the_newest_record_of_each_scheme_counts():
    rows = both(0, "network", "huolenpito", 8)
    rows += [record(client, "suuntima_like", "self_managed", "2025-01-01") for client in range(8)]
    found = compare(pd.DataFrame(rows), load_crosswalk(SAME), AS_OF, within_days=182)
    assert found.counts["network", "huolenpito"] == 8
    assert found.counts["self_managed", "huolenpito"] == 0


def test_a_recorded_segment_that_the_scheme_lacks_is_refused_without_naming_it():
    rows = both(0, "networkx", "huolenpito", 8)
    with pytest.raises(DataError, match=r"8 records of the scheme suuntima_like .*allowed: self_managed") as caught:
        compare(pd.DataFrame(rows), load_crosswalk(SAME), AS_OF, within_days=182)
    assert "networkx" not in str(caught.value)


def test_proposals_are_taken_through_the_table_as_ranges():
    proposed = ["self_managed"] * 30 + ["cooperative"] * 12 + ["community"] * 8 + ["network"] * 9
    found = take_through(proposed, load_crosswalk(MORE))
    assert found.clients == {"self_managed": 30, "cooperative": 12, "community": 8, "network": 9}
    assert found.ranges == {
        "parjaajat": (30, 30),
        "tukiasiakkaat": (8, 8),
        "yhteistyoasiakkaat": (0, 12),
        "johdetut": (0, 9),
        "oppimisasiakkaat": (0, 12 + 9),
    }


def test_what_rests_on_a_hidden_count_is_hidden_too():
    found = take_through(["self_managed"] * 30 + ["cooperative"] * 12 + ["network"] * 3, load_crosswalk(MORE))
    assert found.clients == {"self_managed": 30, "cooperative": None, "community": 0, "network": None}
    assert found.ranges["parjaajat"] == (30, 30)
    assert found.ranges["oppimisasiakkaat"] is None
    printed = report(load_crosswalk(MORE), found)
    assert "in oppimisasiakkaat: –" in printed
    assert "Only when the situation is exceptional" in printed


def registry(classes=None):
    version = SimpleNamespace(run_id="run")
    return SimpleNamespace(
        champion=lambda name: None,
        latest=lambda name: version if classes is not None else None,
        artefact=lambda run, file: classes,
    )


def test_the_models_latest_proposal_of_each_holdout_client(tmp_path):
    file = tmp_path / "classes.parquet"
    pd.DataFrame(
        {
            "row": [0, 1, 2],
            "client": [7, 7, 8],
            "as_of": pd.to_datetime(["2025-02-01", "2025-01-01", "2025-01-01"]),
            "label": "network",
            "proposed": ["network", "community", "cooperative"],
            "baseline_proposed": "network",
        }
    ).to_parquet(file)
    assert sorted(proposals(registry(file), load_crosswalk(SAME).from_scheme)) == ["cooperative", "network"]


def test_without_records_and_without_a_model_the_command_says_what_to_do():
    with pytest.raises(DataError, match=r"no model segmentation_suuntima_like .*python -m training.segmentation"):
        proposals(registry(), load_crosswalk(SAME).from_scheme)


@pytest.mark.parametrize("recorded, kind", [(True, Compared), (False, Mapped)])
def test_the_command_prefers_what_was_recorded(monkeypatch, capsys, recorded, kind):
    rows = pd.DataFrame(both(0, "network", "huolenpito", 8) if recorded else [record(1, "suuntima_like", "network")])
    monkeypatch.setattr(command, "open_snapshot", lambda _: SimpleNamespace(data_until=date(2025, 3, 31)))
    monkeypatch.setattr(command, "read_table", lambda *_: rows)
    monkeypatch.setattr(command, "connect", lambda _: None)
    monkeypatch.setattr(command, "proposals", lambda *_: ["network"] * 6)
    assert command.main(["--config", "configs/crosswalk.yaml"]) == 0
    printed = capsys.readouterr().out
    assert ("clients segmented in both schemes" in printed) == (kind is Compared)
    assert ("proposals of the model" in printed) == (kind is Mapped)


def test_a_faulty_config_of_the_command_is_one_sentence(tmp_path, capsys):
    file = tmp_path / "crosswalk.yaml"
    file.write_text("var: var\ncrosswalk: configs/crosswalks/none.yaml\nwithin_day: 3\n", encoding="utf-8")
    assert command.main(["--config", str(file)]) == 2
    assert "Did you mean `within_days`?" in capsys.readouterr().err
    assert load_config("configs/crosswalk.yaml", CrosswalkRun).within_days == 182
