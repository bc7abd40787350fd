"""Answers, the decision that stands on each, and what came of it: one row per answered estimate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from features.store import Snapshot
from models.needs.need_task import NeedTask
from models.segments.scheme import Scheme
from training.feedback.outcomes import DAY, Realised, need_outcomes, segment_outcomes

NO_ESTIMATE, UNKNOWN_MODEL, PEOPLE = "no_estimate", "unknown_model", "people_answered"
DECIDED = ("decision_id", "decision", "decided_at", "decided", "own_view", "suggestion_shown", "decided_in")
NOTHING: Any = None
Tasks = Mapping[tuple[str, str], NeedTask]
"""The task of each need model, by registered name and version."""


@dataclass(frozen=True)
class Joined:
    """One row per estimate shown before the midnight, and what could not be joined."""

    rows: pd.DataFrame
    counts: Mapping[str, int]
    """Rows by state, decisions taken over, and decisions left out by reason."""
    refused: tuple[str, ...]
    """A sentence per kind of decision that has no answer to stand on."""


@dataclass(frozen=True)
class Asked:
    """What the join is asked with."""

    snapshot: Snapshot
    midnight: date
    tasks: Tasks
    scheme: Scheme
    segment_days: int
    unmatched_limit: float = 0.05


def join(answers: pd.DataFrame, decisions: pd.DataFrame, asked: Asked) -> Joined:
    """Join the checked side files.  Raises DataError when more than the limit of decisions have no logged answer."""
    known = answers[answers["shown_at"] < pd.Timestamp(asked.midnight)].reset_index(drop=True)
    standing, left, sentences = standing_decisions(decisions, answers, asked)
    rows = known.merge(standing, on="answer_id", how="left", validate="many_to_one")
    rows = _with_outcomes(_with_later_decision(rows), asked)
    rows = rows.sort_values(["shown_at", "answer_id", "kind", "task"], kind="stable", ignore_index=True)
    rows["first"] = ~rows.duplicated(["client_id", "kind", "task", "model", "version", "as_of"])
    states = {f"state_{name}": int(count) for name, count in rows["state"].value_counts().sort_index().items()}
    later = {"shown_later": len(answers) - len(known)}
    return Joined(rows, {"answers": len(rows), **states, **later, **left}, sentences)


def _with_later_decision(rows: pd.DataFrame) -> pd.DataFrame:
    """`client_decision`: what was decided last about the client on the same day of knowledge, after this was shown.

    A need is often asked of its own answer, the decision stands on that of the segment.
    """
    about = ["client_id", "as_of"]
    made = rows.loc[rows["decision"].notna(), [*about, "decided_at", "decision"]].sort_values("decided_at")
    last = made.drop_duplicates(about, keep="last").rename(columns={"decided_at": "at", "decision": "client_decision"})
    both = rows.merge(last, on=about, how="left", validate="many_to_one")
    both["client_decision"] = both["client_decision"].astype(object).where(both["shown_at"] <= both["at"], NOTHING)
    return both.drop(columns="at")


def standing_decisions(
    decisions: pd.DataFrame, answers: pd.DataFrame, asked: Asked
) -> tuple[pd.DataFrame, dict[str, int], tuple[str, ...]]:
    """(the last decision of each answer, counts, sentences about those without an answer)."""
    owner = answers.drop_duplicates("answer_id").set_index("answer_id")["client_id"]
    whose = decisions["answer_id"].map(owner).astype(object)
    lost, other = whose.isna(), whose.notna() & (whose != decisions["client_id"])
    sentences = _refused(int(lost.sum()), int(other.sum()), len(decisions), asked.unmatched_limit)
    before = decisions["time"] < pd.Timestamp(asked.midnight)
    own = decisions[~lost & ~other & before].sort_values("time", kind="stable")
    last = own.drop_duplicates("answer_id", keep="last")
    left = {
        "decisions": len(last),
        "decided_again": len(own) - len(last),
        "decided_later": int((~before & ~lost & ~other).sum()),
        "decisions_without_answer": int(lost.sum()),
        "decisions_about_another_client": int(other.sum()),
    }
    names = {"time": "decided_at", "segment": "decided", "unit": "decided_in"}
    return last.rename(columns=names)[["answer_id", *DECIDED]], left, sentences


def _refused(lost: int, other: int, every: int, limit: float) -> tuple[str, ...]:
    told = []
    if lost:
        told.append(f"{lost} of {every} decisions name an answer that the log does not hold; they are not counted.")
    if other:
        told.append(f"{other} of {every} decisions name an answer about another client; they are not counted.")
    if lost + other > limit * every:
        raise DataError(f"{' '.join(told)} Export the whole log: `python -m serving.export_log`.")
    return tuple(told)


def _with_outcomes(rows: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    found = Realised.unknown(len(rows), UNKNOWN_MODEL)
    for (kind, model, version), own in rows.groupby(["kind", "model", "version"], sort=True):
        estimated = own[own["probability"].notna() & (own["basis"] != "answers")]
        told = _asked(str(kind), (str(model), str(version)), estimated, asked)
        if told is not None:
            _place(found, estimated.index.to_numpy(), told)
    found.state[rows["basis"].eq("answers").to_numpy()] = PEOPLE
    found.state[rows["probability"].isna().to_numpy()] = NO_ESTIMATE
    as_of = rows["as_of"].to_numpy().astype("datetime64[D]")
    return rows.assign(
        state=found.state,
        outcome=found.outcome,
        outcome_segment=found.segment,
        days=np.asarray((found.day - as_of) / DAY, np.float64),
    )


def _asked(kind: str, of: tuple[str, str], rows: pd.DataFrame, asked: Asked) -> Realised | None:
    """What came of one model version's rows; None where nobody knows what it was asked."""
    if kind == "segment":
        if not rows["task"].eq(asked.scheme.id).all():
            return None
        return segment_outcomes(asked.snapshot, rows, asked.scheme, asked.segment_days, asked.midnight)
    task = asked.tasks.get(of)
    return None if task is None else need_outcomes(asked.snapshot, rows, task, asked.midnight)


def _place(found: Realised, place: np.ndarray, told: Realised) -> None:
    found.state[place], found.outcome[place] = told.state, told.outcome
    found.day[place], found.segment[place] = told.day, told.segment
