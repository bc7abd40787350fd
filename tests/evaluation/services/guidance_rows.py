"""Small tables of contacts, episodes, residents and decisions, for what guidance led to."""

import pandas as pd

from configs.loader import load_config
from evaluation.guidance.cases import BY_SEGMENT
from evaluation.guidance.settings import GuidanceConfig
from models.segments.routing import RoutingTable

CONFIG = load_config("configs/guidance.yaml", GuidanceConfig)
ROUTING = load_config(CONFIG.routing, RoutingTable)
UNTIL = pd.Timestamp("2024-07-01")


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def contacts(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """client, time, service, channel."""
    frame = pd.DataFrame(rows, columns=["client_id", "time", "service", "channel"])
    return frame.assign(
        time=pd.to_datetime(frame["time"], format="ISO8601"), status="done", urgency="non_urgent", sector="primary"
    )


def episodes(*rows: tuple[str, str, str | None, str, str | None]) -> pd.DataFrame:
    """client, start, end, kind, intensity."""
    frame = pd.DataFrame(rows, columns=["client_id", "start", "end", "kind", "intensity"])
    return frame.assign(
        start=pd.to_datetime(frame["start"], format="ISO8601"), end=pd.to_datetime(frame["end"], format="ISO8601")
    )


def residents(*clients: str, **gone: str) -> pd.DataFrame:
    """Everybody in 901 since 2000; `gone` says who died when."""
    rows = [(one, "901", 1940, "female", day("2000-01-01"), pd.NaT, gone.get(one)) for one in clients]
    columns = ["client_id", "municipality", "birth_year", "sex", "valid_from", "valid_to", "died_on"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(died_on=pd.to_datetime(frame["died_on"]), valid_to=pd.to_datetime(frame["valid_to"]))


def records(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["client_id", "time", "segment"])
    return frame.assign(
        time=pd.to_datetime(frame["time"], format="ISO8601"), scheme="suuntima_like", legacy_org="keskus"
    )


def decisions(*rows: tuple[str, str, str | None, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["client_id", "time", "segment", "routing_target"])
    return frame.assign(time=pd.to_datetime(frame["time"], format="ISO8601"), legacy_org="keskus")


def cases(started: list[int], segment: str = "network") -> pd.DataFrame:
    n = len(started)
    frame = pd.DataFrame({"client_id": [f"c{i}" for i in range(n)], "segment": segment, "recommended": "own_worker"})
    frame = frame.assign(
        started=started, days=[float(i) if one >= 0 else float("nan") for i, one in enumerate(started)]
    )
    return frame.assign(by=BY_SEGMENT, heavy=frame["started"] >= CONFIG.heavy_from)
