"""Monitoring: planted changes are found within one period, quiet periods stay quiet, figures are what they say."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from evaluation import monitor
from evaluation.metrics import auroc
from evaluation.monitoring.alarms import Alarm, disagreeing, drifted, fell, missed_rate, narrow
from evaluation.monitoring.decided import agreement, reviewed
from evaluation.monitoring.demand import covered
from evaluation.monitoring.distances import distances
from evaluation.monitoring.estimated import estimated
from evaluation.monitoring.features import drift, municipality_columns, reference
from evaluation.monitoring.names import line_name
from evaluation.monitoring.page import render
from evaluation.monitoring.settings import Thresholds
from evaluation.monitoring.state import Periods, judged
from features.catalogue.specs import feature_specs
from features.histories import History
from features.simulator.county import simulate
from features.simulator.load import load_county
from tests.counts import seeds
from tests.evaluation.fairness.drift_world import KINDS, county_of, found, registers
from tests.models.client_case import catalogue, vocabulary
from tests.plans import covers

QUARTERS = tuple(date(2022 + n // 4, 1 + 3 * (n % 4), 1) for n in range(9))


@pytest.mark.proof("monitoring_seeds")
@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_change_is_found_within_one_period(kind: str) -> None:
    tried = seeds("monitoring_seeds", small=3, full=100)
    alarms = sum(any(one.alarm for one in found(seed, kind)) for seed in tried)
    assert alarms >= 0.95 * len(tried), f"{alarms} of {len(tried)}"


@pytest.mark.proof("monitoring_seeds")
def test_quiet_periods_stay_quiet() -> None:
    tried = seeds("monitoring_seeds", small=3, full=100)
    alarms = sum(any(one.alarm for one in found(seed, None)) for seed in tried)
    assert alarms <= 0.05 * len(tried), f"{alarms} of {len(tried)}"


@pytest.mark.parametrize("kind", [*KINDS, None])
def test_the_counties_that_are_monitored_here_are_the_simulators(kind: str | None) -> None:
    county = county_of(1, kind, residents=60)
    whole = simulate(county).registers
    for name, frame in registers(county).items():
        pd.testing.assert_frame_equal(frame, whole[name])


def test_a_county_without_a_planted_change_is_as_before() -> None:
    assert load_county("configs/county/tiny.yaml").drift is None
    assert load_county("configs/county/demo.yaml").drift is None
    small = load_county("configs/county/tiny.yaml").model_copy(update={"residents": 60})
    assert all(a.equals(b) for a, b in zip(_registers(small), _registers(small), strict=True))


def _registers(county: object) -> list[pd.DataFrame]:
    return list(simulate(county).registers.values())  # type: ignore[arg-type]


def repeated(seed: int, clients: int, shift: float = 0.0, features: int = 40) -> Periods:
    """The same clients on every date with values that hardly change, as registers have them."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(clients, features))
    parts = [own + 0.3 * rng.normal(size=own.shape) for _ in QUARTERS]
    parts[-1][:, 0] += shift
    names = [f"f{n}" for n in range(features)]
    who = np.array([f"c{n:04d}" for n in range(clients)] * len(QUARTERS), object)
    return Periods(who, np.repeat(np.arange(len(QUARTERS)), clients), QUARTERS, names, np.vstack(parts))


def test_repeated_clients_and_many_features_make_no_alarms_of_their_own() -> None:
    alarms = sum(any(one.alarm for one in judged(repeated(seed, 120), 0.05, 0.0)) for seed in range(40))
    assert alarms <= 5  # binomial(40, .05) exceeds 5 in 1.4 of 100 such counts


def test_the_feature_that_moved_is_the_one_that_is_named() -> None:
    assert [one.name for one in judged(repeated(1, 300, shift=0.5), 0.05, 0.1) if one.alarm] == ["f0"]


def test_a_field_that_goes_silent_is_a_change() -> None:
    periods = repeated(1, 200)
    values = periods.values.copy()
    values[(periods.period == len(QUARTERS) - 1) & (np.arange(len(values)) % 3 == 0), 5] = np.nan
    silent = Periods(periods.client, periods.period, periods.dates, periods.names, values)
    assert "f5 known" in [one.name for one in judged(silent, 0.05, 0.1) if one.alarm]


def test_too_few_dates_are_refused() -> None:
    with pytest.raises(DataError, match="needs 4 periods, found 2"):
        Periods(np.array(["a", "a"], object), np.arange(2), QUARTERS[:2], ["f"], np.zeros((2, 1)))


def test_the_reference_is_the_same_season() -> None:
    assert QUARTERS[reference(QUARTERS)] == date(2023, 1, 1)
    assert reference([date(2024, 1, 1), date(2024, 4, 1), date(2024, 7, 1)]) == 1  # no year behind: the one before


def test_distances_of_equal_samples_are_nothing_and_of_disjoint_ones_all() -> None:
    same = distances(np.arange(100.0), np.arange(100.0))
    assert (same.psi, same.ks, same.jensen_shannon) == (0.0, 0.0, 0.0)
    apart = distances(np.zeros(100), np.full(100, np.nan))
    assert np.isnan(apart.ks)
    assert apart.psi > 5
    assert apart.jensen_shannon == pytest.approx(1.0)
    halves = distances(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    assert halves.ks == pytest.approx(1 / 2)


def test_what_calibrated_probabilities_imply_is_what_comes() -> None:
    rng = np.random.default_rng(3)
    p = rng.beta(1, 5, 20_000)
    label = (rng.random(len(p)) < p).astype(np.int8)
    told = estimated(p)
    assert told.auroc == pytest.approx(auroc(label, p), abs=0.015)
    assert told.brier == pytest.approx(float(((label - p) ** 2).mean()), abs=0.005)
    assert told.events == pytest.approx(label.sum(), rel=0.05)


def test_expected_auroc_by_hand() -> None:
    # pairs: (.8, .2) right with .8 * .8, wrong with .2 * .2
    assert estimated(np.array([0.8, 0.2])).auroc == pytest.approx(0.64 / (0.64 + 0.04))


def decisions(unit: str, clients: int, same: int) -> pd.DataFrame:
    done = ["network" if n < same else "community" for n in range(clients)]
    who = [f"{unit}{n}" for n in range(clients)]
    return pd.DataFrame({"client_id": who, "unit": unit, "proposed": "network", "segment": done})


@covers("000-2")
def test_P1_P2_agreement_of_few_clients_is_hidden_and_not_recoverable_from_the_sum() -> None:
    given = pd.concat([decisions("a", 20, 15), decisions("b", 3, 1), decisions("c", 30, 30)])
    lines = {line["unit"]: line for line in agreement(given, least_decisions=10)}
    assert lines["b"] == {"unit": "b", "hidden": True, **dict.fromkeys(lines["b"].keys() - {"unit", "hidden"})}
    assert sum(line["hidden"] for line in lines.values()) == 2  # a second one, or the sum would give b away
    assert lines["*"]["agreement"] == pytest.approx((15 + 1 + 30) / (20 + 3 + 30))
    assert lines["*"]["clients"] == 20 + 3 + 30


def test_P1_findings_of_few_clients_are_hidden() -> None:
    frame = pd.DataFrame(
        {"client_id": [f"c{n}" for n in range(22)], "finding": ["nothing_missed"] * 20 + ["need_found"] * 2}
    )
    assert all(line["clients"] is None for line in reviewed(frame))


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_a_client_lives_where_it_was_known_strictly_before_the_date(unit: str) -> None:
    recorded = np.array(["2024-01-01", "2024-04-01"], f"datetime64[{unit}]").repeat(5)
    who = [f"c{n}" for n in range(5)]
    residents = pd.DataFrame({"client_id": who * 2, "recorded_at": recorded, "municipality": ["901"] * 5 + ["902"] * 5})
    as_of = np.array(["2024-04-01", "2024-04-02"], "datetime64[s]").repeat(5)
    found = municipality_columns(pd.DataFrame({"client_id": who * 2, "as_of": as_of}), residents)
    assert {name: values.tolist() for name, values in found.items()} == {
        "municipality_901": [1.0] * 5 + [0.0] * 5,  # recorded at the midnight of the date: not known
        "municipality_902": [0.0] * 5 + [1.0] * 5,
    }


def test_only_forecasts_said_before_the_period_count() -> None:
    days = pd.to_datetime(["2024-02-01", "2024-03-01"])
    kept = pd.DataFrame({"series_id": "s", "ds": days, "said": ["2024-01-31", "2024-03-01"]})
    kept = kept.assign(low80=9.0, high80=11.0, low95=5.0, high95=15.0)
    line = covered("demand_x", kept, {"s": pd.Series([12.0, 10.0], index=days)})
    assert line == {"name": "demand_x", "sums": 1, "coverage80": 0.0, "coverage95": 1.0}


@pytest.mark.parametrize(("alarm", "code"), [(True, 10), (False, 0)])
def test_the_exit_code_tells_a_scheduler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, alarm: bool, code: int
) -> None:
    summary = {
        "alarm": alarm,
        "as_of": "2025-01-01",
        "features": [],
        "alarms": [narrow("demand_x", 0.5, 60).as_dict()] if alarm else [],
    }
    monkeypatch.setattr(monitor, "make", lambda config: (tmp_path, summary))
    assert monitor.main([]) == code


def test_an_error_is_neither_quiet_nor_an_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    assert monitor.main(["--config", "configs/nowhere.yaml"]) not in (0, 10)
    assert "nowhere" in capsys.readouterr().err


def line(name: str, p: float, change: float = 0.1, error: float = 0.1) -> dict[str, object]:
    far = {"psi": None, "ks": None, "jensen_shannon": None}
    label = {"fi": f"Piirre {name}", "en": f"Feature {name}"}
    return {"name": name, "change": change, "error": error, "p": p, "alarm": False, "label": label, **far}


def test_P1_the_page_says_what_was_found_and_hides_few() -> None:
    features = [line(f"f{n:02d}", p=1.0) for n in range(30)] + [line("moved", p=0.2)]
    reviews = [{"finding": "nothing_missed", "clients": 20}, {"finding": "need_found", "clients": None}]
    summary = {
        **{"as_of": "2025-01-01", "reference": "2024-01-01", "alarm": False, "alarms": [], "notes": []},
        **{"features": features, "models": [], "forecasts": [], "decisions": [], "reviews": reviews},
    }
    page = render(summary)
    found = page.split("Ne, joita malli ei nostanut")[1].split("</section>")[0]
    assert "Mitään ei jäänyt huomaamatta" in found
    assert ">20<" in found
    assert "Tarve jäi huomaamatta" in found
    assert found.count("ei näytetä*") == 1
    table = page.split("Vähiten odotetut")[1]
    assert table.index("Piirre moved") < table.index("Piirre f00")  # the least expected line is the first
    assert "Loput 6 riviä" in page  # 31 lines, 25 before the fold
    assert page.index("Loput 6 riviä") < page.rindex("Piirre f29")


LABEL = {"fi": "Kotihoidon käynnit", "sv": "Hemvårdsbesök", "en": "Home-care visits"}


@pytest.mark.parametrize(
    "alarm, fi, sv",
    [
        (drifted([{**line("visits__90d", 0.003, -0.41), "alarm": True, "label": LABEL}])[0],
         "Muutos: Kotihoidon käynnit: −0,41 keskihajontaa odotetusta (p 0,003)",
         "Förändring: Hemvårdsbesök: −0,41 standardavvikelser från det väntade (p 0,003)"),
        (fell("need_x", 0.07), "need_x: arvioitu erottelukyky (AUROC) laski 0,070",
         "need_x: den uppskattade särskiljningsförmågan (AUROC) sjönk med 0,070"),
        (missed_rate("need_x", 1.4, date(2024, 7, 1)),
         "need_x: toteutunut / ennustettu oli 1,40, arviot päivältä 1.7.2024",
         "need_x: utfall / prognos var 1,40, bedömningar från 1.7.2024"),
        (narrow("demand_x", 0.5, 60), "demand_x: 80 %:n väli piti 0,50 toteutuneista jaksoista (jaksoja 60)",
         "demand_x: 80 %-intervallet höll för 0,50 av de realiserade perioderna (antal perioder 60)"),
        (disagreeing("west", 0.99, (0.3, 0.98)), "Yksikön west päätökset: sama kuin ehdotus 0,99, rajat 0,3–0,98",
         "Beslut vid enheten west: samma som förslaget 0,99, gränser 0,3–0,98"),
        (disagreeing("*", 0.2, (0.3, 0.98)), "Kaikki päätökset: sama kuin ehdotus 0,20, rajat 0,3–0,98",
         "Alla beslut: samma som förslaget 0,20, gränser 0,3–0,98"),
    ],
)  # fmt: skip
def test_an_alarm_says_itself_in_three_languages_and_the_page_in_finnish_first(alarm: Alarm, fi: str, sv: str) -> None:
    assert (alarm.text["fi"], alarm.text["sv"]) == (fi, sv)
    summary = {
        **{"as_of": "2025-01-01", "reference": "2024-01-01", "alarm": True, "alarms": [alarm.as_dict()]},
        **{"features": [line("f", 0.1)], "models": [], "forecasts": [], "decisions": [], "reviews": [], "notes": []},
    }
    told = render(summary).split('id="tila"')[1].split("</section>")[0]
    places = [told.index(text) for text in (f"<li>{fi}", f'lang="sv">{sv}', f'lang="en">{alarm.text["en"]}')]
    assert places == sorted(places)


def test_a_line_that_left_its_path_can_be_written_and_is_an_alarm() -> None:
    lines = drift(repeated(3, 120, shift=2.0, features=4), Thresholds(), seed=1)
    assert json.loads(json.dumps(lines, allow_nan=False)) == lines  # plain values: numpy's cannot be written
    (alarm,) = drifted([{**one, "label": LABEL} for one in lines])
    assert (alarm.kind, alarm.about) == ("drift", "f0")


def test_only_the_lines_with_an_alarm_are_told() -> None:
    assert drifted([line("quiet", 0.4)]) == []


def test_a_line_is_called_as_the_catalogue_calls_it() -> None:
    history = History(
        pd.DataFrame(), pd.DataFrame(), feature_specs(catalogue(), vocabulary()), catalogue(), vocabulary(), ""
    )
    spec = next(one for one in history.specs if one.window_days == 365 and one.code is None)
    family = history.catalogue.families[spec.family].name
    assert line_name(spec.name, history) == {
        **{"fi": f"{family.fi}, 365 pv", "sv": f"{family.sv}, 365 dgr"},
        "en": f"{family.en}, 365 d",
    }
    assert line_name(f"{spec.name} known", history)["fi"] == f"{family.fi}, 365 pv: tieto on"
    assert line_name("municipality_901", history)["fi"] == "Asuu kunnassa 901"
    assert line_name("score of need_x", history)["en"] == "Score: need_x"
    assert line_name("score of need_x known", history)["en"] == "Score: need_x: share answered about"
