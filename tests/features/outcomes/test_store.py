"""Labels read from the store bucket by bucket, and what lies between as_of and the window."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.catalogue.vocabulary import fit_vocabulary
from features.histories import build
from features.outcomes import Window, label_history, label_rows
from tests.features.histories_data import catalogue_of, empty_tables, family, store_of, table_of
from tests.features.outcomes.drawn import NAMES, STEPS, care, contacts, episode, rule, tables

CLIENTS = tuple(f"{number:08x}" + "0" * 24 for number in range(12))
UNTIL = date(2024, 12, 31)
TWICE = {"filter": {"urgency": "emergency"}, "n": 2}
LEVELS = dict.fromkeys(("lighter", "stable", "heavier", "residential"), NAMES)
RULES = (
    rule(episode_start=["ward_stay"], new_only=True),
    rule(ordered_change={"steps": STEPS, "beyond": ["residential_24h"], "names": LEVELS}),
    rule(minutes_change={"kind": "home_care_regular", "yes_from": 30, "name": NAMES, "unit": NAMES}),
    rule(all_of=[{"any_of": [{"count_at_least": TWICE}]}, {"episode_start": ["x"]}]),
    rule(episode_end={"roles": ["informal_carer"], "then_starts": ["ward_stay"], "within_days": 30}),
)  # fmt: skip


def history(seed: int = 3) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Random tables of twelve clients, and rows of eleven of them in no order."""
    draw = np.random.default_rng(seed)
    day = lambda: str(np.datetime64("2023-06-01") + int(draw.integers(0, 500)))  # noqa: E731
    spans = [
        {**made, "client_id": client}
        for client in CLIENTS
        for kind in ("ward_stay", "x", "residential_24h")
        for made in [episode(kind, day(), None)]
    ]
    for client in CLIENTS:
        for intensity in ("light", "regular"):
            start = day()
            end = str(np.datetime64(start) + int(draw.integers(1, 300)))
            spans.append({**care(intensity, start, end, float(draw.integers(50, 300))), "client_id": client})
    visits = [{**contacts(day(), urgency="emergency")[0], "client_id": client} for client in CLIENTS for _ in range(6)]
    held = {
        **empty_tables(),
        "episodes": table_of("episodes", spans),
        "contacts": table_of("contacts", visits),
        "residents": table_of("residents", [{"client_id": client} for client in CLIENTS]),
    }
    asked = [(client, day) for client in CLIENTS[:11] for day in ("2024-03-01", "2023-10-01", "2024-09-01")]
    order = draw.permutation(len(asked))
    rows = pd.DataFrame(asked, columns=["client_id", "as_of"]).iloc[order].reset_index(drop=True)
    return held, rows.assign(as_of=pd.to_datetime(rows["as_of"]))


@pytest.mark.parametrize("asked_rule", RULES)
@pytest.mark.parametrize("kinds", [(), ("home_care_regular",)])
def test_the_store_gives_the_same_labels(tmp_path, asked_rule, kinds):
    held, rows = history()
    snapshot = store_of(tmp_path, held, n_buckets=5)
    window = Window(120, 15)
    stored = label_history(snapshot, rows, asked_rule, window, kinds)
    whole = label_rows(rows, held, held["residents"], asked_rule, window, UNTIL, kinds)
    assert np.array_equal(stored.kept, whole.kept)
    assert stored.label.tolist() == whole.label.tolist()
    assert np.array_equal(stored.event_day, whole.event_day, equal_nan=True)
    assert (stored.amount is None) == (whole.amount is None)
    assert stored.amount is None or np.array_equal(stored.amount, whole.amount)
    assert stored.attrition == whole.attrition
    assert 0 < stored.attrition[0]["rows_after"] < len(rows)


def test_only_the_needed_columns_are_read():
    assert rule(count_at_least={"filter": {"urgency": "emergency"}, "n": 1}).columns == {
        "contacts": ("client_id", "recorded_at", "superseded_at", "time", "status", "urgency")
    }
    assert set(RULES[3].tables) == {"contacts", "episodes"}


def test_no_rows_give_no_labels(tmp_path):
    held, rows = history()
    found = label_history(store_of(tmp_path, held), rows.iloc[:0], RULES[0], Window(90))
    assert (len(found.kept), len(found.label), found.attrition[0]["rows_before"]) == (0, 0, 0)


VISITS = ("2023-12-30", "2023-12-31")


@pytest.mark.parametrize(
    "inside_the_gap,              label",
    [
        ((),                      [0]),
        (("2024-01-01",),         [0]),  # on as_of: not a feature, not an outcome
        (("2024-01-01", "2024-01-30"), []),  # the outcome itself inside the gap: left out
    ],
)  # fmt: skip
def test_nothing_between_as_of_and_the_window_helps(tmp_path, inside_the_gap, label):
    """The features are the same whatever happens inside the gap; the cohort is as documented."""
    client = CLIENTS[0]
    drawn = [{**one, "client_id": client} for one in contacts(*VISITS, *inside_the_gap, urgency="emergency")]
    held = tables(contacts=drawn, residents=[{"client_id": client}])
    snapshot = store_of(tmp_path, held)
    rows = pd.DataFrame({"client_id": [client], "as_of": pd.to_datetime(["2024-01-01"])})
    catalogue = catalogue_of(
        family("visits", "contacts", "count", windows=[90]), family("since", "contacts", "days_since")
    )
    features = build(snapshot, rows, catalogue, fit_vocabulary(snapshot, catalogue, date(2024, 1, 1)))
    assert features.frame.to_numpy().tolist() == [[2.0, 1.0]]
    assert label_history(snapshot, rows, rule(count_at_least=TWICE), Window(90, 30)).label.tolist() == label
