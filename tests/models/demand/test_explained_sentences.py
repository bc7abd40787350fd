"""What an explanation of a forecast says in words: three languages, the remainder, short histories."""

import dataclasses
import json

import pandas as pd
import pytest

from models.bundles.bundle import Bundle
from models.demand.explained import GROUPS, Reasons, explanation_of

PARTS = ["base", *GROUPS, "remainder"]
UNIT = {"fi": "käyntiä viikossa", "sv": "besök per vecka", "en": "visits a week"}


def row(step: int = 1, **values: float) -> dict:
    zero = dict.fromkeys(PARTS, 0.0) | values
    ds = pd.Timestamp("2024-12-30") + pd.Timedelta(weeks=step - 1)
    return {"series_id": "a", "ds": ds, "step": step, "value": sum(zero.values()), "reference": 52, **zero}


def told(*rows: dict, older: bool = False):
    return explanation_of(pd.DataFrame(rows), "a", UNIT, "week", older)


def test_sentences_in_three_languages():
    found = told(row(1, base=380, population=10, calendar=-40), row(2, base=380, population=18, calendar=0), older=True)
    assert [one.group for one in found.groups[:2]] == ["calendar", "population"]
    said = {one.group: one.sentence for one in found.groups}
    assert said["population"] == {
        "fi": "Väestön ikääntyminen nostaa ennustetta 14 käyntiä viikossa.",
        "sv": "Befolkningens åldrande höjer prognosen med 14 besök per vecka.",
        "en": "The ageing of the population raises the forecast by 14 visits a week.",
    }
    assert said["calendar"] == {
        "fi": "Kalenteri (vuodenaika ja arkipyhät) laskee ennustetta 20 käyntiä viikossa.",
        "sv": "Kalendern (årstid och helgdagar) sänker prognosen med 20 besök per vecka.",
        "en": "The calendar (season and public holidays) lowers the forecast by 20 visits a week.",
    }
    assert said["drivers"]["en"].endswith("hardly changes the forecast.")
    assert found.base_sentence == {
        "fi": "Lähtötaso on viimeisen vuoden keskiarvo, 380 käyntiä viikossa.",
        "sv": "Utgångsnivån är medeltalet för det senaste året, 380 besök per vecka.",
        "en": "The starting level is the mean of the last year, 380 visits a week.",
    }
    assert found.groups[0].values == (-40.0, 0.0)
    assert (found.shown, found.base, found.remainder_sentence) == (374.0, 380.0, {})
    json.dumps(dataclasses.asdict(found))


@pytest.mark.parametrize(
    "remainder, trend, said",
    [
        (20.0,   80.0, False),  # a fifth of the distance of 100
        (20.0,   79.0, True),
        (-5.0,   30.0, False),  # 5 of 25
        (-5.1,   30.0, True),
        (0.0,     0.0, False),
        (1.0,    -1.0, True),   # at the naive forecast, and not by what the groups say
    ],
)  # fmt: skip
def test_a_remainder_above_a_fifth_is_said(remainder, trend, said):
    found = told(row(base=100, level_trend=trend, remainder=remainder))
    assert bool(found.remainder_sentence) is said


def test_what_is_not_explained_is_told_with_its_share():
    found = told(row(base=100, level_trend=30.0, remainder=10.0))
    assert found.remainder_sentence["fi"] == (
        "Selittämättä jää 10 käyntiä viikossa, 25\u00a0% ennusteen erosta lähtötasoon."
    )
    assert found.remainder_sentence["en"].startswith("Not explained: 10 visits a week, 25%")
    assert found.remainder_sentence["sv"].startswith("Oförklarat blir 10 besök per vecka")


def test_a_short_history_says_how_long_its_reference_is():
    rows = row(base=100) | {"reference": 40}
    assert told(rows).base_sentence["fi"] == "Lähtötaso on viimeisten 40 viikon keskiarvo, 100 käyntiä viikossa."


def test_fewer_old_people_are_not_called_ageing():
    shares = {one.group: one for one in told(row(base=50, population=-3), older=True).groups}
    assert shares["population"].sentence["fi"] == (
        "Väestön määrän ja ikärakenteen muutos laskee ennustetta 3 käyntiä viikossa."
    )


def test_a_bundle_from_before_has_no_reasons():
    assert Reasons.from_bundle(Bundle("demand", "0" * 64, {})) is None
