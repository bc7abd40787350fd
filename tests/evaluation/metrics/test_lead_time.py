"""Early warning, worked by hand: which score stood so many days before the event, and was it above the line?"""

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from evaluation.needs.lead_time import above_line, foreseen, lead_time_table

NONE = np.nan


def rows(*lines: tuple) -> pd.DataFrame:
    """(client, as_of, event_days, above) lines."""
    frame = pd.DataFrame(lines, columns=["client", "as_of", "event_days", "above"])
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]))


@pytest.mark.parametrize(
    "p,                          share, expected",
    [
        ([0.9, 0.5, 0.2, 0.1], 0.25, [1, 0, 0, 0]),
        ([0.9, 0.5, 0.2, 0.1], 0.50, [1, 1, 0, 0]),
        ([0.5, 0.5, 0.2, 0.1], 0.25, [0.5, 0.5, 0, 0]),  # one place for two equal ones
        ([0.9, 0.5, 0.5, 0.5], 0.50, [1, 1 / 3, 1 / 3, 1 / 3]),
        ([0.9, 0.5, 0.2, 0.1], 1.00, [1, 1, 1, 1]),
        ([0.9, 0.5, 0.2, 0.1], 0.10, [0.4, 0, 0, 0]),  # less than one place
    ],
)
def test_the_line_of_one_day(p, share, expected):
    assert above_line(np.zeros(4), np.array(p), share).tolist() == pytest.approx(expected)


def test_every_day_has_its_own_line():
    days, p = np.array([1, 1, 2, 2]), np.array([0.9, 0.8, 0.2, 0.1])
    assert above_line(days, p, 0.5).tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "days, scored, found",
    [
        # The event is on 2024-07-10; the scores are of 04-01 (above), 06-10 (below), 07-01 (above).
        (0, True, 1.0),
        (9, True, 1.0),  # 07-01 is exactly 9 days before
        (10, True, 0.0),  # now 06-10 is the latest
        (30, True, 0.0),  # 06-10 is exactly 30 days before
        (31, True, 1.0),  # now 04-01
        (100, True, 1.0),  # 04-01 is exactly 100 days before
        (101, False, 0.0),  # no score yet
    ],
)
def test_the_latest_score_so_many_days_before(days, scored, found):
    part = rows((7, "2024-04-01", 100, 1.0), (7, "2024-06-10", 30, 0.0), (7, "2024-07-01", 9, 1.0))
    one = foreseen(part, part["above"].to_numpy(), days)
    assert (one.client.tolist(), one.scored.tolist(), one.found.tolist()) == ([7], [scored], [found])


def test_one_event_seen_from_two_dates_counts_once_and_two_events_twice():
    part = rows((1, "2024-01-01", 121, 1.0), (1, "2024-04-01", 30, 0.0), (1, "2024-07-01", 10, 0.0))
    one = foreseen(part, part["above"].to_numpy(), 30)
    assert one.client.tolist() == [1, 1]  # 2024-05-01 and 2024-07-11
    assert one.found.tolist() == [0.0, 0.0]
    assert foreseen(part, part["above"].to_numpy(), 31).found.tolist() == [1.0, 0.0]


def test_a_score_from_which_the_event_was_beyond_the_horizon_counts():
    part = rows((1, "2023-07-01", NONE, 1.0), (1, "2024-07-01", 10, 0.0))
    assert foreseen(part, part["above"].to_numpy(), 90).found.tolist() == [1.0]


def test_another_clients_score_is_not_taken():
    part = rows((1, "2024-01-01", NONE, 1.0), (2, "2024-07-01", 10, 1.0))
    assert foreseen(part, part["above"].to_numpy(), 30).scored.tolist() == [False]


def table(clients: int = 12) -> pd.DataFrame:
    """Each client has a score 100 days before the event; the model ranks by number, the baseline the other way round.

    The event of the last six comes 10 days after their only score: 30 days before it they had none.
    """
    late = np.arange(clients) >= clients - 6
    frame = pd.DataFrame({"client": np.arange(clients), "as_of": pd.Timestamp("2024-01-01")})
    p = np.linspace(0.9, 0.1, clients)
    return frame.assign(event_days=np.where(late, 10.0, 100.0), p=p, baseline_p=p[::-1])


def test_the_table_by_hand():
    (line,) = lead_time_table(table(), [0.25], [30], repeats=50)
    assert (line["events"], line["no_score_yet"]) == (12, 6)
    assert line["recall"]["model"]["value"] == 3 / 6  # the three above the line are among the six with a score
    assert line["recall"]["baseline"]["value"] == 0.0
    assert line["recall"]["difference"]["value"] == 0.5
    assert line["recall"]["model"]["low"] < 0.5 < line["recall"]["model"]["high"]


def test_few_clients_are_hidden():
    (line,) = lead_time_table(table(clients=10), [0.25], [30], repeats=20)  # four with a score, six without
    assert line == {"capacity": 0.25, "lead_days": 30, "events": None, "no_score_yet": None, "recall": {}}


def test_without_an_event_nothing_is_said():
    (line,) = lead_time_table(table().assign(event_days=np.nan), [0.25], [30], repeats=20)
    assert (line["events"], line["no_score_yet"], line["recall"]) == (0, 0, {})


def test_the_column_is_asked_for():
    with pytest.raises(DataError, match="event_days"):
        lead_time_table(table().drop(columns="event_days"), [0.1], [30])
