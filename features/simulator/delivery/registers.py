"""The canonical tables as the registers hold them: rows with clocks, `person` still a number, one `instance` each."""

import numpy as np
import pandas as pd

from features.simulator.coded import coded
from features.simulator.delivery.recording import Recorder, stamp
from features.simulator.residents.months import Months
from features.simulator.residents.people import Residents
from features.simulator.residents.world import RESIDENTIAL, World
from features.simulator.settings import County

INTENSITIES = ["light", "regular", "intensive"]


class Registers:
    """Builds each register from what happened."""

    def __init__(self, county: County, people: Residents, months: Months, world: World) -> None:
        self.county, self.people, self.months, self.world = county, people, months, world
        self._streams = 0

    def _recorder(self) -> Recorder:
        self._streams += 1
        return Recorder(self.county, self.people, self.months, self.world, self._streams)

    def contacts(self, rows: pd.DataFrame, at_once: bool) -> pd.DataFrame:
        """Contacts of one kind; home-care visits are recorded at once with a mobile device."""
        recorder = self._recorder()
        person, day = rows["person"].to_numpy(), rows["day"].to_numpy()
        instance, org = recorder.home(person, (rows["sector"] == "specialised").to_numpy())
        time = stamp(self.months, day, rows["second"].to_numpy())
        recorded = recorder.clock(time, instance, 0.1 if at_once else 1.0)
        keep = recorder.moment_is_covered(person, day) & recorder.visible(recorded) & recorder.recorded_at_all(instance)
        reason = rows["reason"].cat.codes.to_numpy().copy()
        share = np.array([self.county.instances[name].reason_share for name in ("a", "b")])[instance]
        reason[recorder.draw(len(rows)) >= share] = -1
        found = rows.assign(
            time=time,
            recorded_at=recorded,
            instance=instance.astype(np.int8),
            legacy_org=recorder.orgs(org),
            reason=coded(reason, list(rows["reason"].cat.categories)),
            professional_id=_professionals(rows),
            hospital=org == len(self.county.municipalities),
        )
        found = found.drop(columns=["month", "day", "second", "worker"])[keep]
        found = found.drop_duplicates(["person", "time", "service", "channel"])
        return found.sort_values(["recorded_at", "person"], kind="stable").reset_index(drop=True)

    def episodes(self, kinds: dict[str, pd.DataFrame]) -> pd.DataFrame:
        """Every lasting service; `kinds` holds spans per kind (care spans carry level and granted minutes)."""
        frames = [self._episode_rows(kind, spans) for kind, spans in kinds.items()]
        return _sorted(pd.concat(frames, ignore_index=True), ["person", "start", "kind"])

    def _episode_rows(self, kind: str, spans: pd.DataFrame) -> pd.DataFrame:
        found = self.lasting(spans, "start", "end", hospital=kind == "ward_stay")
        level = found["level"].to_numpy() if "level" in found else np.zeros(len(found), dtype=np.int64)
        home = np.asarray(level < RESIDENTIAL) if kind == "care" else np.zeros(len(level), dtype=bool)
        names = np.array(INTENSITIES, dtype=object)[np.clip(level - 1, 0, 2)]
        areas = np.array(self.county.areas, dtype=object)[self.people.area[found["person"]]]
        names_of_kind = np.where(home, "home_care_regular", "residential_24h" if kind == "care" else kind)
        prefix = {"care": "kotihoito", "ward_stay": "keskussairaala"}.get(kind, "asiakasohjaus")
        unit = np.array([prefix if kind == "ward_stay" else f"{prefix}_{area}" for area in areas], dtype=object)
        return found.assign(
            kind=names_of_kind.astype(object),
            intensity=np.asarray(np.where(home, names, None)),
            unit=unit,
            granted_minutes_per_week=np.where(home, found.get("granted", np.nan), np.nan),
        )

    def lasting(self, spans: pd.DataFrame, start: str, end: str, hospital: bool = False) -> pd.DataFrame:
        """Spans with both clocks; those that ended before the register began are not in it."""
        recorder = self._recorder()
        person = spans["person"].to_numpy()
        began, stopped = spans["start"].to_numpy(), spans["end"].to_numpy()
        instance, org = recorder.home(person, np.full(len(person), hospital))
        second = 0 if not hospital else 10 * 3600
        times = stamp(self.months, began, second)
        recorded = recorder.migrated(person, began, recorder.clock(times, instance))
        until, until_recorded = recorder.ended(person, stopped, instance, second)
        known = np.maximum(until_recorded, recorded + np.timedelta64(60, "s"))
        keep = recorder.visible(recorded) & recorder.moment_is_covered(person, stopped - 1)
        hidden = ~recorder.visible(known)
        until[hidden], known[hidden] = np.datetime64("NaT"), np.datetime64("NaT")
        found = spans.drop(columns=["start", "end"]).assign(
            **{
                start: times,
                "recorded_at": recorded,
                end: until,
                f"{end}_recorded_at": known,
                "instance": instance.astype(np.int8),
                "legacy_org": recorder.orgs(org),
            }
        )
        return found[keep]

    def moments(self, rows: pd.DataFrame, key: list[str], factor: float = 1.0) -> pd.DataFrame:
        """Rows with one date: assessments, diagnoses, segmentations."""
        recorder = self._recorder()
        person, day = rows["person"].to_numpy(), rows["day"].to_numpy()
        hospital = rows["hospital"].to_numpy() if "hospital" in rows else None
        instance, org = recorder.home(person, hospital)
        time = stamp(self.months, day, rows["second"].to_numpy())
        recorded = recorder.clock(time, instance, factor)
        keep = recorder.moment_is_covered(person, day) & recorder.visible(recorded)
        found = rows.assign(
            time=time, recorded_at=recorded, instance=instance.astype(np.int8), legacy_org=recorder.orgs(org)
        ).drop(columns=["day", "second"])[keep]
        return _sorted(found.drop_duplicates(["person", "time", *key]), ["recorded_at", "person", *key])

    def requests(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Matters, each date with its own clock; the outcome becomes known with the end."""
        recorder = self._recorder()
        person = rows["person"].to_numpy()
        instance, org = recorder.home(person)
        second = (8 * 3600 + recorder.draw(len(rows)) * 7 * 3600).astype(np.int64)
        requested = stamp(self.months, rows["requested"].to_numpy(), second)
        columns: dict[str, np.ndarray] = {"requested_at": requested, "recorded_at": recorder.clock(requested, instance)}
        for name, step in (("assessed", 1), ("started", 2), ("ended", 3)):
            times, clock = recorder.ended(person, rows[name].to_numpy(), instance, second + step)
            columns[f"{name}_at"], columns[f"{name}_recorded_at"] = times, clock
        keep = recorder.moment_is_covered(person, rows["requested"].to_numpy()) & recorder.visible(
            columns["recorded_at"]
        )
        outcome = rows["outcome"].mask(np.isnat(columns["ended_at"]))
        number = np.char.add("P", np.char.zfill((np.arange(len(rows)) + 1).astype(str), 7))
        found = rows.assign(
            **columns,
            outcome=outcome,
            request_id=number,
            instance=instance.astype(np.int8),
            legacy_org=recorder.orgs(org),
        )
        return _sorted(found[keep], ["recorded_at", "request_id"])

    def diagnoses_recorded(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Instance b records fewer codes."""
        recorder = self._recorder()
        instance, _ = recorder.home(rows["person"].to_numpy(), rows["hospital"].to_numpy())
        share = np.array([self.county.instances[name].diagnosis_share for name in ("a", "b")])[instance]
        return self.moments(rows[recorder.draw(len(rows)) < share], ["code"])


def _professionals(rows: pd.DataFrame) -> pd.Categorical:
    """One identifier per unit, profession and place in its pool."""
    unit, profession = rows["unit"].cat, rows["profession"].cat
    width, pool = len(profession.categories), 64
    code = (unit.codes.to_numpy().astype(np.int64) * width + profession.codes.to_numpy()) * pool + rows[
        "worker"
    ].to_numpy()
    known, position = np.unique(code, return_inverse=True)
    names = [
        f"{unit.categories[c // pool // width]}.{profession.categories[c // pool % width]}.{c % pool}" for c in known
    ]
    return coded(position, names)


def _sorted(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return frame.sort_values(by, kind="stable").reset_index(drop=True)
