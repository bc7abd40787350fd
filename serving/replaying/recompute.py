"""Recomputes what an audit entry says was answered, and compares the canonical bytes' hash.

The stored answer is never read: the log holds only its hash.  `today`, the sensitivities told and a person's own
answers are inputs, and come from the entry.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from configs.errors import DataError, LuotainError
from configs.phrases import Phrase, phrase_of
from models.answers import json_values
from serving.desk.asked import ClientAnswer, as_told
from serving.desk.asking import GivenAnswer, axis_answers
from serving.engine.catalogue import questions_of
from serving.engine.clients.case import RegisterCase
from serving.engine.shelf import LiveModel
from serving.planning.hashing import answer_sha256
from serving.records.chain.chained import entry_of
from serving.records.evidence import sha256_of
from serving.records.keeping.runtime import runtime
from serving.records.opening import place_of
from serving.records.schema import AUDIT_LOG
from serving.replaying.planned import PLANNED
from serving.replaying.sources import OneModel, model_of, registers_of
from serving.replaying.verdict import Replayed, Verdict
from serving.settings import MOST_REASONS, ServingSettings

Said = Mapping[str, Any]
RUNTIME = {"code": "code", "libraries": "library versions", "threads": "thread count"}
PARTS = {
    "feature_set": "the feature set",
    "rules": "the rules",
    "templates": "the sentences",
    "input_sha256": "the client's feature row",
    "ground_sha256": "the planning files",
    "overrides": "the stored overrides",
}
COMPUTATION = "the computation: the same row gives another answer"
"""What an answer rests on, in the order in which a difference is looked for."""


def replay(settings: ServingSettings, seq: int) -> Replayed:
    """Every answer of audit entry `seq`, computed once more.

    Raises DataError when there is no such entry, it was changed, or it holds no answer.
    """
    place = place_of(settings)
    if not place.exists():
        english = "There is no log yet: nothing was served from this data folder. Type `make demo` first."
        raise DataError(Phrase(english, "replay.say.no_log"))
    engine = place.engine()
    try:
        entry = entry_of(engine, AUDIT_LOG, seq)
    finally:
        engine.dispose()
    if entry is None:
        english = (
            "The entry's content was removed when its time was over; its hash is kept, and the answer cannot be found."
        )
        gone = Phrase(english, "replay.say.removed")
        return Replayed(seq, "", "", (Verdict("", "", "", "not_possible", gone),))
    answers = [said for said in entry["detail"].get("answers", ()) if "answer_sha256" in said]
    if not answers:
        english = f"Entry {seq} ({entry['event']}) holds no answer of a model. Choose an entry that does."
        raise DataError(Phrase(english, "replay.say.no_answer", seq=seq))
    verdicts = tuple(_verdict(settings, entry, said) for said in answers)
    return Replayed(seq, entry["event"], entry["time"], verdicts, _otherwise(entry["detail"].get("runtime", {})))


def _verdict(settings: ServingSettings, entry: Said, said: Said) -> Verdict:
    """One answer; a fault of its sources is the verdict's sentence."""
    kind, asked = said["kind"], _asked(said)
    told = (kind, asked, f"{said['model']} {said['version']}")
    if entry["event"] == "rows_answer":
        english = "The rows came with the question, and the log keeps their hash only."
        return Verdict(*told, "not_possible", Phrase(english, "replay.say.rows"))
    if kind not in RECOMPUTED:
        english = f"An answer of the kind {kind} rests on people's figures too."
        return Verdict(*told, "not_possible", Phrase(english, "replay.say.kind", kind=kind))
    try:
        computed, rows = RECOMPUTED[kind](settings, entry, said)
    except LuotainError as fault:
        return Verdict(*told, "not_possible", phrase_of(fault), said["answer_sha256"])
    found = answer_sha256(computed) if kind in PLANNED else sha256_of(_values(computed, said, entry))
    if found == said["answer_sha256"]:
        same = Phrase("The same, bit for bit.", "replay.say.same")
        return Verdict(*told, "same", same, said["answer_sha256"], found)
    return Verdict(*told, "differs", _difference(said, rows), said["answer_sha256"], found)


def _values(computed: Any, said: Said, entry: Said) -> Any:
    """The answer as JSON; without the channels where the release of then told none."""
    values = json_values(computed)
    if said["kind"] == "segment" and "channel_rules" not in entry["detail"]:
        del values["channels"]
    return values


def _asked(said: Said) -> str:
    """The axis, task, series, chain or stage that was asked about."""
    return str(next((said[name] for name in ("task", "id", "series_id", "chain", "stage") if said.get(name)), ""))


def _segment(settings: ServingSettings, entry: Said, said: Said) -> tuple[Any, Said]:
    live = model_of(settings.workspace, said)
    case = _case(settings, entry, said, live)
    given = [GivenAnswer(one["axis"], one["level"], one["respondent"]) for one in said["people"] if _by_hand(one)]
    answer = case.segment(axis_answers(given, questions_of(live.model.scheme)))
    return _as_told(answer, entry["detail"]), _row(case, live)


def _need(settings: ServingSettings, entry: Said, said: Said) -> tuple[Any, Said]:
    live = model_of(settings.workspace, said)
    case = _case(settings, entry, said, live)
    return _as_told(case.need(said["task"]), entry["detail"]), _row(case, live)


def _as_told(answer: ClientAnswer, detail: Said) -> ClientAnswer:
    """The answer as the role and the decision point of that request were told it."""
    most = detail.get("most_reasons")
    return as_told(answer, detail.get("told", ()), MOST_REASONS if most is None else most)


def _counterfactual(settings: ServingSettings, entry: Said, said: Said) -> tuple[Any, Said]:
    live = model_of(settings.workspace, said)
    case = _case(settings, entry, said, live)
    explored = case.explore(said["id"])
    return (explored.found if explored else None), _row(case, live)


RECOMPUTED: Mapping[str, Callable[[ServingSettings, Said, Said], tuple[Any, Said]]] = {
    "segment": _segment,
    "need": _need,
    "counterfactual": _counterfactual,
    **PLANNED,
}


def _case(settings: ServingSettings, entry: Said, said: Said, live: LiveModel) -> RegisterCase:
    """The client's records of then, before the one model that answered."""
    detail = entry["detail"]
    if not detail.get("snapshot_sha256"):
        raise DataError(Phrase("The answer rests on rows that the caller sent; they were not kept.", "replay.say.rows"))
    registers = registers_of(settings.workspace, detail["snapshot_sha256"], date.fromisoformat(said["as_of"]))
    is_segmentation = said["kind"] == "segment" or not hasattr(live.model, "task")
    served = settings.models.model_copy(update={"segmentation": live.chosen.name if is_segmentation else None})
    then = settings.model_copy(update={"models": served})
    today = date.fromisoformat(detail["today"]) if detail.get("today") else None
    return RegisterCase(registers, OneModel(live), then, entry["client_id"], today)  # type: ignore[arg-type]


def _by_hand(one: Said) -> bool:
    return bool(one["given"] == "by_hand")


def _row(case: RegisterCase, live: LiveModel) -> Said:
    rows = case.stamp().rows
    return vars(rows[live.chosen.name]) if live.chosen.name in rows else {}


def _difference(said: Said, rows: Said) -> str:
    """Where the difference begins."""
    other = [name for name in PARTS if name in said and said[name] != rows.get(name)]
    english = PARTS[other[0]] if other else COMPUTATION
    where = Phrase(english, f"replay.part.{other[0] if other else 'computation'}")
    return Phrase(f"Not the same. The difference begins in {where}.", "replay.say.differs", part=where)


def _otherwise(then: Said) -> tuple[str, ...]:
    now = runtime()
    if not then:
        english = "The entry is of a release that did not note code, libraries and threads."
        return (Phrase(english, "replay.say.no_runtime"),)
    return tuple(_other(name, then.get(name), now[name]) for name in RUNTIME if then.get(name) != now[name])


def _other(name: str, then: object, now: object) -> str:
    what = Phrase(RUNTIME[name], f"replay.what.{name}")
    english = f"The {what} is not the one of then ({then}, here {now})."
    return Phrase(english, "replay.say.runtime", what=what, then=str(then), now=str(now))
