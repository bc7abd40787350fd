"""Small service chains, and the registers behind them, for the tests of flow."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from configs.loader import validate_config
from features.flow import Chain, ChainRows, weekly_flows, weeks_between
from models.flow.config import FlowConfig
from tests.features.histories_data import table_of

REQUEST = {"table": "requests", "filter": {"service": "home_care_request"}, "matter": "request_id"}


def words(word: str) -> dict[str, str]:
    return {"fi": f"{word} fi", "sv": f"{word} sv", "en": f"{word} en"}


def stage(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": words(name), **more}


ASSESSMENT = stage("assessment", rows={**REQUEST, "enter": "requested_at", "leave": ["assessed_at", "ended_at"]})
DECISION = stage("decision", rows={**REQUEST, "enter": "assessed_at", "leave": ["started_at", "ended_at"]})
CARE = stage(
    "care",
    waiting=False,
    rows={"table": "episodes", "filter": {"kind": "home_care_regular"}, "enter": "start", "leave": ["end"],
          "merge_gap_days": 1},
)  # fmt: skip


def chain(*stages: dict[str, Any], **more: Any) -> Chain:
    """A chain of requests and an episode unless told otherwise."""
    given = list(stages) or [ASSESSMENT, DECISION, CARE]
    values = {"id": "small", "name": words("small"), "stages": given, "path": [one["id"] for one in given]}
    return validate_config({**values, "reporting_lag_days": 0, **more}, Chain, "chain")


def config(**more: Any) -> FlowConfig:
    """A flow config of the small chain."""
    values = {"id": "small", "version": "1", "notice": words("notice"), "chain": chain().model_dump(mode="json")}
    return validate_config({**values, "horizon": 3, "samples": 60, **more}, FlowConfig, "flow")


def client(number: int) -> str:
    return f"{number:032x}"


def rows_of(
    the_chain: Chain, until: str = "2024-12-31", segments: Any = (), residents: Any = (), groups: Any = None,
    **by_stage: list[dict[str, Any]]
) -> ChainRows:  # fmt: skip
    """Registers that hold these rows for these stages."""
    tables = {one.id: table_of(_table(one), by_stage.get(one.id, [])) for one in the_chain.stages}
    return ChainRows(
        stages={name: _plain(frame) for name, frame in tables.items()},
        residents=_plain(table_of("residents", list(residents))),
        segments=_plain(table_of("segment_records", list(segments))),
        groups={name: _plain(frame) for name, frame in (groups or {}).items()},
        data_until=date.fromisoformat(until),
        sha256="0" * 64,
    )


def request(number: int, requested: str, assessed: str | None = None, ended: str | None = None, **more: Any) -> dict:
    """A matter of one client; clocks are the dates themselves."""
    started = more.pop("started", None)
    return {
        "client_id": client(number), "request_id": f"r{number}", "service": "home_care_request",
        "requested_at": requested, "assessed_at": assessed, "assessed_recorded_at": assessed,
        "started_at": started, "started_recorded_at": started, "ended_at": ended, "ended_recorded_at": ended, **more,
    }  # fmt: skip


def episode(number: int, start: str, end: str | None = None, **more: Any) -> dict:
    return {"client_id": client(number), "start": start, "end": end, "end_recorded_at": end, **more}


def spells(*lines: tuple[Any, ...]) -> pd.DataFrame:
    """Spells from (client, stage, entered, left or None); the moves follow from the days.  One case a client."""
    frame = pd.DataFrame(lines, columns=["client_id", "stage", "entered", "left"])
    frame = frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("entered", "left")}, case=frame["client_id"])
    frame = frame.sort_values(["case", "entered"], kind="stable", ignore_index=True)
    moved = (frame["case"] == frame["case"].shift()) & (frame["left"].shift() == frame["entered"])
    went = frame["stage"].shift(-1).where(moved.shift(-1, fill_value=False), "exit").where(frame["left"].notna())
    return frame.assign(came_from=frame["stage"].shift().where(moved, "outside"), went_to=went)


def steady_spells(weeks: int, per_week: int = 6, seed: int = 3) -> pd.DataFrame:
    """Clients who come every week, wait about a week, half of whom are then cared for a month or two."""
    rng = np.random.default_rng(seed)
    lines: list[tuple[Any, ...]] = []
    start, end = pd.Timestamp("2022-01-03"), pd.Timestamp("2022-01-03") + pd.Timedelta(weeks=weeks)
    for number in range(weeks * per_week):
        day = start + pd.Timedelta(days=int(rng.integers(0, weeks * 7)))
        for name, mean in (("assessment", 7), ("decision", 10), ("care", 40)):
            left = day + pd.Timedelta(days=int(rng.geometric(1 / mean)))
            lines.append((number, name, day, left if left < end else None))
            if left >= end or (name == "decision" and rng.random() < 0.5):
                break
            day = left
    return spells(*lines)


def _table(one: Any) -> str:
    return (one.rows or one.events).table


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    texts = frame.select_dtypes("category").columns
    return frame.assign(**{str(name): frame[name].astype(object) for name in texts})


STAFFED = chain({**ASSESSMENT, "capacity": {"filter": {"unit": "team"}, "hours_each": 2.0}}, DECISION, CARE)
STRAIGHT = (
    ("assessment", "2024-01-01", "2024-01-11"),
    ("decision", "2024-01-11", "2024-01-15"),
    ("care", "2024-01-15", "2024-01-30"),
)
PHASES = {
    "contact": {"stage": "assessment"},
    "need_assessment": {"stage": "assessment", "when": "left"},
    "service": {"stage": "care"},
}


def flows_and_hours() -> tuple[pd.DataFrame, pd.DataFrame]:
    flows = weekly_flows(
        steady_spells(40), STAFFED.ids, weeks_between(pd.Timestamp("2022-01-03"), pd.Timestamp("2022-10-03"))
    )
    hours = pd.DataFrame({"stage": "assessment", "ds": flows["ds"].unique(), "hours": 16.0})
    return flows, hours
