"""Events of a service chain as CloudEvents 1.0: what became known since a cursor, for a process engine to consume.

An event is `entered` or `left` of a stage.  What a later record changed is taken back by a `retracted` event of the
same content, so that a consumer that applies every line holds exactly what the registers say.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd

from features.flow.chain import Chain, Moment
from features.flow.spells import Spells

SPECVERSION = "1.0"
TYPE = "fi.luotain.path.stage"
SCHEMA_NAME = "path_event.schema.json"
Event = dict[str, Any]


def events_of(chain: Chain, spells: Spells, hidden: Collection[str] = ()) -> dict[str, Event]:
    """Id → event, of every stay; clients in `hidden` (under non-disclosure) are in none.

    `data.case_began` with the subject is the key by which an engine finds the instance of its process.
    """
    frame = spells.frame[~spells.frame["client_id"].astype(str).isin(set(hidden))]
    began = frame.groupby("case")["entered"].transform("min") if len(frame) else frame["entered"]
    stays = frame.assign(began=began)
    rows: list[Any] = stays.to_dict("records")
    return {event["id"]: event for row in rows for event in _of_stay(chain, row)}


def since(before: Mapping[str, Event], now: Mapping[str, Event]) -> list[Event]:
    """What a consumer that has `before` lacks, in order of time: new events, and retractions of those that are gone."""
    gone = [_retracted(event) for id, event in before.items() if id not in now]
    new = [event for id, event in now.items() if id not in before]
    return [*_ordered(gone), *_ordered(new)]  # first what no longer holds


def as_lines(events: list[Event]) -> bytes:
    """JSON lines: one event a line."""
    return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in events).encode()


def schema(chain: Chain) -> dict[str, Any]:
    """JSON Schema (2020-12) of one line."""
    day = {"type": "string", "format": "date"}
    data = {
        "chain": {"const": chain.id},
        "stage": {"enum": list(chain.ids)},
        "moment": {"enum": ["entered", "left"]},
        "day": day,
        "case_began": day,
        "next_stage": {"type": ["string", "null"]},
    }
    own: dict[str, Any] = {
        "specversion": {"const": SPECVERSION},
        "id": {"type": "string", "pattern": "^(retracted-)?[0-9a-f]{32}$"},
        "source": {"type": "string"},
        "type": {"enum": [f"{TYPE}.{one}" for one in ("entered", "left", "retracted")]},
        "subject": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"const": SCHEMA_NAME},
        "data": _closed(data),
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_closed(own)}


def _closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": dict(properties),
    }


def _of_stay(chain: Chain, row: Mapping[Any, Any]) -> Iterator[Event]:
    yield _event(chain, row, "entered", row["entered"], None)
    if not pd.isna(row["left"]):
        yield _event(chain, row, "left", row["left"], row["went_to"])


def _event(chain: Chain, row: Mapping[Any, Any], moment: Moment, at: pd.Timestamp, next_stage: str | None) -> Event:
    data = {
        "chain": chain.id,
        "stage": row["stage"],
        "moment": moment,
        "day": f"{at:%Y-%m-%d}",
        "case_began": f"{row['began']:%Y-%m-%d}",
        "next_stage": next_stage,
    }
    content = json.dumps([str(row["client_id"]), data], sort_keys=True)
    return {
        "specversion": SPECVERSION,
        "id": hashlib.sha256(content.encode()).hexdigest()[:32],
        "source": f"/luotain/chains/{chain.id}",
        "type": f"{TYPE}.{moment}",
        "subject": str(row["client_id"]),
        "time": at.tz_localize("Europe/Helsinki").isoformat(),
        "datacontenttype": "application/json",
        "dataschema": SCHEMA_NAME,
        "data": data,
    }


def _retracted(event: Event) -> Event:
    return {**event, "id": f"retracted-{event['id']}", "type": f"{TYPE}.retracted"}


def _ordered(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda one: (one["time"], one["subject"], one["data"]["moment"] != "left", one["id"]))
