"""The whole county, from settings to register tables and truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.simulator import drift
from features.simulator.delivery.recording import stamp
from features.simulator.delivery.registers import Registers
from features.simulator.events import supply
from features.simulator.events.clinical import draw_assessments, draw_diagnoses
from features.simulator.events.contacts import REMOTE_CHANNELS, draw_contacts
from features.simulator.events.home_care import draw_visits
from features.simulator.events.matters import draw_concerns, draw_requests
from features.simulator.events.segment_records import draw_segment_records
from features.simulator.events.spans import care_spans, ward_spans
from features.simulator.events.ties import carer_ties, professional_ties, unit_ties
from features.simulator.residents.activity import draw_counts
from features.simulator.residents.lasting import lasting_states, runs
from features.simulator.residents.months import Months, build_months
from features.simulator.residents.people import Residents, make_residents
from features.simulator.residents.targets import Truth, true_targets
from features.simulator.residents.walk import walk
from features.simulator.residents.world import World
from features.simulator.settings import County

HEALTH, SOCIAL, HOME_CARE = "avohilmo", "sosiaali", "kotihoito"


@dataclass(frozen=True)
class Simulated:
    """Everything a run made: the world, and the registers by the stem of their files."""

    county: County
    months: Months
    people: Residents
    world: World
    counts: dict[str, np.ndarray]
    states: dict[str, np.ndarray]
    truth: Truth
    registers: dict[str, pd.DataFrame]


def simulate(county: County) -> Simulated:
    """Run the world, then let its registers record it."""
    county = drift.joined(county)
    months = build_months(county)
    people = make_residents(county, months)
    world = walk(county, people, months)
    counts = draw_counts(county, people, months, world)
    states = lasting_states(county, people, months, world, counts)
    contacts = drift.contacts_of(county, months, draw_contacts(county, people, months, world, counts))
    spans, wards = care_spans(county, people, months, world), ward_spans(county, people, months, world)
    concerns = draw_concerns(county, people, months, world)
    requests = draw_requests(county, people, months, world, counts, concerns, spans)
    monthly = _monthly(people, months, counts, contacts, concerns, requests)
    truth = true_targets(county, people, months, world, counts, states, monthly)
    visits = draw_visits(county, people, months, world, spans, wards)
    kept = Registers(county, people, months, world)
    sector = contacts["sector"] == "social"
    registers = {
        "asukkaat": residents_table(county, people, months, world),
        HEALTH: drift.recorded(county, kept.contacts(contacts[~sector], at_once=False)),
        SOCIAL: drift.recorded(county, kept.contacts(contacts[sector], at_once=False)),
        HOME_CARE: kept.contacts(visits, at_once=True),
        "jaksot": kept.episodes(_kinds(people, months, world, states, spans, wards, county)),
        "arviot": kept.moments(
            draw_assessments(county, people, months, world, truth, spans, states), ["instrument", "scale"]
        ),
        "pyynnot": kept.requests(requests),
        "suunnitelmat": _plans(kept, county, people, months, world, states),
        "diagnoosit": kept.diagnoses_recorded(draw_diagnoses(county, people, months, world, contacts)),
        "omatyontekijat": _ties(kept, professional_ties(county, people, months, world, states)),
        "hoitosuhteet": _ties(kept, unit_ties(county, people, months, world, states)),
        "omaishoitajat": _ties(kept, carer_ties(county, people, months, world, states), other_person=True),
        "segmentoinnit": kept.moments(draw_segment_records(county, people, months, world, truth), ["scheme"]),
        "kapasiteetti": _covered(months, supply.capacity(county, months, contacts, visits)),
        "ajanvaraus": supply.appointment_slots(county, people, months),
        "vaesto": supply.population(county, people, months, world),
    }
    return Simulated(county, months, people, world, counts, states, truth, registers)


def residents_table(county: County, people: Residents, months: Months, world: World) -> pd.DataFrame:
    """The population register: one stay per person; those who never lived there on a covered day are not in it."""
    rng = np.random.default_rng([county.seed, 40])
    n = people.count
    came = np.maximum(people.from_day, 0)
    history = np.maximum(came, np.maximum(people.history_day, months.data_day))
    died = np.where(world.death_day < months.days, world.death_day, -1)
    left = np.where((people.to_day < months.days) & (died < 0), people.to_day, -1)
    notice = stamp(months, np.full(n, months.days))
    died_known = stamp(months, died, 0) + (rng.integers(1, 6, n) * 86_400 + 8 * 3600).astype("timedelta64[s]")
    left_known = stamp(months, left, 0) + (rng.integers(1, 8, n) * 86_400 + 8 * 3600).astype("timedelta64[s]")
    started = np.where(people.from_day > 0, stamp(months, came), people.birth.astype("datetime64[s]"))
    known = np.where(
        people.from_day > 0,
        stamp(months, came, 8 * 3600) + np.timedelta64(2, "D"),
        stamp(months, people.history_day, 6 * 3600),
    )
    died_at, left_at = stamp(months, died), stamp(months, left)
    for at, clock in ((died_at, died_known), (left_at, left_known)):
        hidden = ~(clock < notice)
        at[hidden], clock[hidden] = np.datetime64("NaT"), np.datetime64("NaT")
    towns = county.municipalities
    frame = pd.DataFrame(
        {
            "person": np.arange(n),
            "birth_year": people.birth.astype("datetime64[Y]").astype(int) + 1970.0,
            "sex": np.where(people.female, "female", "male").astype(object),
            "language": people.language.astype(object),
            "municipality": np.array([town.code for town in towns], dtype=object)[people.town],
            "postal_area": np.array([town.postal_area for town in towns], dtype=object)[people.town],
            "history_start": stamp(months, history),
            "died_on": died_at,
            "died_recorded_at": died_known,
            "valid_from": started,
            "recorded_at": known,
            "valid_to": left_at,
            "valid_to_recorded_at": left_known,
            "non_disclosure": people.non_disclosure,
        }
    )
    return frame[(frame["recorded_at"] < notice) & (world.death_day > people.history_day)]


def _monthly(
    people: Residents,
    months: Months,
    counts: dict[str, np.ndarray],
    contacts: pd.DataFrame,
    concerns: np.ndarray,
    requests: pd.DataFrame,
) -> dict[str, np.ndarray]:
    """Counts per [month, person] that drive the targets and come from rows."""
    shape = (months.count, people.count)
    place = contacts["month"].to_numpy().astype(np.int64) * people.count + contacts["person"].to_numpy()

    def count(chosen: pd.Series) -> np.ndarray:
        return np.bincount(place[chosen.to_numpy()], minlength=shape[0] * shape[1]).reshape(shape).astype(np.int16)

    asked = np.zeros(shape, dtype=np.int16)
    np.add.at(asked, (months.month_of(requests["requested"].to_numpy()), requests["person"].to_numpy()), 1)
    return {
        "missed": count(contacts["status"].isin(["no_show", "cancelled_by_client"])),
        "phone": count(contacts["channel"] == "phone"),
        "digital": count(contacts["channel"].isin(REMOTE_CHANNELS[1:])),
        "symptom": count(contacts["reason"] == "A"),
        "any": np.stack(list(counts.values())).sum(axis=0, dtype=np.int16),
        "concern": concerns,
        "request": asked,
    }


def _kinds(
    people: Residents,
    months: Months,
    world: World,
    states: dict[str, np.ndarray],
    spans: pd.DataFrame,
    wards: pd.DataFrame,
    county: County,
) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng([county.seed, 41])
    return {
        "care": spans,
        "ward_stay": wards,
        "informal_care_support": runs(states["informal_care_support"], months, people, world, rng),
        "supported_housing": runs(states["supported_housing"], months, people, world, rng),
    }


def _plans(
    kept: Registers, county: County, people: Residents, months: Months, world: World, states: dict[str, np.ndarray]
) -> pd.DataFrame:
    rng = np.random.default_rng([county.seed, 42])
    roles = {"care_plan": "named_nurse", "client_plan": "own_worker"}
    frames = [
        runs(states[kind], months, people, world, rng).assign(kind=kind, responsible_role=role)
        for kind, role in roles.items()
    ]
    spans = pd.concat(frames, ignore_index=True)
    found = kept.lasting(spans, "start", "end").rename(columns=_VALID)
    return found.sort_values(["person", "valid_from", "kind"], kind="stable").reset_index(drop=True)


_VALID = {"start": "valid_from", "end": "valid_to", "end_recorded_at": "valid_to_recorded_at"}


def _ties(kept: Registers, spans: pd.DataFrame, other_person: bool = False) -> pd.DataFrame:
    found = kept.lasting(spans, "start", "end").rename(columns=_VALID)
    if other_person:
        found = found.rename(columns={"other": "other_id"})
    return found.sort_values(["person", "valid_from", "role" if "role" in found else "other_id"], kind="stable")


def _covered(months: Months, frame: pd.DataFrame) -> pd.DataFrame:
    cut = stamp(months, np.array([months.days]))[0]
    return frame[(frame["recorded_at"] < cut).to_numpy()].reset_index(drop=True)
