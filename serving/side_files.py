"""The rows of the side files (features/side_files), from the logs: what was shown, what was decided, who was drawn."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from features.side_files import ANSWERS, DECISIONS, REVIEWS, SideFile
from serving.records.entries import local_text

CANNOT_TELL = "cannot_tell"
Row = Mapping[str, Any]


def answers_frame(entries: Iterable[Row]) -> pd.DataFrame:
    """One row per need or segment estimate of every answer shown, the first showing of each."""
    rows = [row for entry in entries for row in _estimates(entry)]
    return frame_of(ANSWERS, rows).drop_duplicates(list(ANSWERS.key), ignore_index=True)


def seen_frame(decided: Sequence[Row], views: Sequence[Row], answers: pd.DataFrame) -> pd.DataFrame:
    """Per decision: what its answer had said, and the view the same person gave of the client earlier that day.

    `answers` are those of `answers_frame`.
    """
    given = {(view["actor_id"], view["client_id"], view["day"]): view for view in views}
    shown = {str(answer_id): rows for answer_id, rows in answers.groupby("answer_id", sort=False)}
    return frame_of(DECISIONS, [_decided(one, given, shown.get(str(one["answer_id"]))) for one in decided])


def reviews_frame(draws: Sequence[Row], reviews: Sequence[Row]) -> pd.DataFrame:
    """Every client drawn, with the latest finding; how many stood for the draw and how many were drawn."""
    found = {(one["unit"], one["period"], one["client_id"]): one["finding"] for one in reviews}
    drawn = Counter((one["unit"], one["period"], one["reason"]) for one in draws)
    rows = [
        {
            **{name: one[name] for name in ("unit", "period", "client_id")},
            "as_of": one.get("as_of"),
            "drawn_for": one["reason"],
            "population": one["population"].get(one["reason"]),
            "drawn": drawn[one["unit"], one["period"], one["reason"]],
            "finding": found.get((one["unit"], one["period"], one["client_id"])),
        }
        for one in draws
    ]
    return frame_of(REVIEWS, rows)


def frame_of(declared: SideFile, rows: Sequence[Row]) -> pd.DataFrame:
    """The rows in the declared columns; times are wall-clock Europe/Helsinki, to the second."""
    frame = pd.DataFrame(list(rows), columns=list(declared.names), dtype=object)
    for column in declared.columns:
        if column.kind == "time":
            frame[column.name] = pd.to_datetime(frame[column.name], format="ISO8601").astype("datetime64[s]")
        elif column.kind == "flag":
            frame[column.name] = frame[column.name].astype(bool)
        elif column.kind in ("number", "integer"):
            frame[column.name] = frame[column.name].astype("float64")
    return frame


def _estimates(entry: Row) -> Iterator[Row]:
    if entry["event"] != "answer" or entry["outcome"] != "ok" or not entry["client_id"]:
        return
    about = {name: entry[name] for name in ("answer_id", "client_id", "unit")}
    for said in entry["detail"].get("answers", ()):
        if said["kind"] in ("need", "segment"):
            own = {name: said[name] for name in ("as_of", "kind", "model", "version", "status")}
            yield {**about, "shown_at": local_text(entry["time"]), **own, **_said(said)}


def _said(said: Row) -> Row:
    if said["kind"] == "segment":
        proposed = said["proposed"]
        p = said["segments"].get(proposed)
        return {"task": said["scheme"].split(" ")[0], "basis": said["basis"], "proposed": proposed, "probability": p}
    p = next((one["probability"] for one in said["explained"] if one["id"] == said["task"]), None)
    return {"task": said["task"], "probability": p}


def _decided(one: Row, given: Mapping[tuple[Any, ...], Row], shown: pd.DataFrame | None) -> Row:
    told = {name: one[name] for name in ("decision_id", "answer_id", "client_id", "segment", "proposed", "model")}
    return {
        **told,
        "unit": one["unit"],
        "time": local_text(one["time"]),
        "decision": one["choice"],
        "own_view": _own_view(one, given),
        "suggestion_shown": one["proposed"] is not None,
        "as_of": None if shown is None else shown["as_of"].iloc[0].isoformat(),
        "task": None if shown is None else " ".join(shown["task"]),
    }


def _own_view(one: Row, given: Mapping[tuple[Any, ...], Row]) -> str | None:
    view = given.get((one["actor_id"], one["client_id"], local_text(one["time"])[:10]))
    if view is None or view["time"] > one["time"] or view["view"] == CANNOT_TELL:
        return None
    return str(view["view"])
