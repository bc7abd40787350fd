"""Every logged answer comes out again bit for bit, and what was changed since is named."""

from dataclasses import replace

import pytest

from configs.errors import DataError
from configs.phrases import Phrase
from features import store
from models.answers import SegmentAnswer, json_values
from models.bundles.bundle import write_bundle
from models.bundles.signing import load_or_create_signing_key
from models.chain import canonical_json
from models.learners.binary import BinaryModel
from models.learners.calibration import Calibration
from serving import replay as command
from serving.records.chain.chained import append_to, entry_of
from serving.records.database import Place, writing
from serving.records.databases.settings import RecordsSettings
from serving.records.entries import AuditEvent
from serving.records.evidence import sha256_of
from serving.records.keeping import runtime as runtime_module
from serving.records.keeping.retaining import retain
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from serving.replaying import recompute
from serving.replaying.recompute import replay
from serving.replaying.verdict import Replayed, Verdict, told
from tests.plans import covers
from tests.records import replay_world
from tests.records.places import ACTOR, tamper
from tests.records.replay_world import NEED, SEGMENTATION, TASK
from tests.records.test_retention import HALF_A_YEAR, day, written
from tests.serving.serving_parts import SETTINGS

built = replay_world.built


def test_every_logged_answer_comes_out_bit_for_bit(built):
    kinds = set()
    for seq in built.shown:
        found = replay(built.settings, seq)
        assert found.is_same, (seq, found.verdicts)
        assert found.notes == ()
        kinds |= {one.kind for one in found.verdicts}
    assert kinds == {"segment", "need", "counterfactual"}
    said = {answer.status for answers in built.shown.values() for answer in answers if hasattr(answer, "status")}
    assert "answered" in said


def test_the_replay_reads_nothing_of_what_was_answered(built, monkeypatch):
    """Without a single number of the entry's answer the replay gives the same bytes."""
    seq = next(iter(built.shown))
    whole = recompute.entry_of

    def emptied(engine, table, number):
        entry = dict(whole(engine, table, number))
        kept = {"kind", "task", "id", "model", "version", "bundle_sha256", "as_of", "people", "answer_sha256"}
        answers = [{name: value for name, value in said.items() if name in kept} for said in entry["detail"]["answers"]]
        return {**entry, "detail": {**entry["detail"], "answers": answers}}

    monkeypatch.setattr(recompute, "entry_of", emptied)
    assert replay(built.settings, seq).is_same


@covers("000-3")
def test_an_answer_of_a_release_that_told_no_channels_is_the_same_without_them(built):
    seq, answers = next((seq, shown) for seq, shown in built.shown.items() if isinstance(shown[0], SegmentAnswer))
    before = {name: value for name, value in json_values(answers[0]).items() if name != "channels"}

    def as_before(detail):
        said = {**detail["answers"][0], "answer_sha256": sha256_of(before)}
        kept = {name: value for name, value in detail.items() if name != "channel_rules"}
        return {**kept, "answers": [said]}

    assert answers[0].channels is not None
    assert replay(built.settings, rewritten(built, seq, as_before)).is_same


def rewritten(world, seq, change):
    """Another entry that says `change` of the same answers, as somebody who owns the log could write it."""
    entry = dict(entry_of(world.records.engine, AUDIT_LOG, seq))
    entry["detail"] = change(entry["detail"])
    with writing(world.records.engine) as connection:
        return append_to(connection, AUDIT_LOG, {**entry, "event_id": "x"}).seq


def first_said(**values):
    return lambda detail: {**detail, "answers": [{**detail["answers"][0], **values}, *detail["answers"][1:]]}


@pytest.mark.parametrize(
    "change,                                              outcome,        sentence",
    [
        (first_said(answer_sha256="0" * 64), "differs", "the computation: the same row gives another answer"),
        (first_said(answer_sha256="0" * 64, input_sha256="0" * 64), "differs", "begins in the client's feature row"),
        (first_said(answer_sha256="0" * 64, rules="x", input_sha256="0"), "differs", "begins in the rules"),
        (first_said(bundle_sha256="ab" * 32), "not_possible", "The bundle abababababab of segmentation_"),
        (lambda detail: {**detail, "snapshot_sha256": "ab" * 32}, "not_possible", "keeps no snapshot abababababab"),
        (lambda detail: {**detail, "snapshot_sha256": None}, "not_possible", "rows that the caller sent"),
        (lambda detail: {**detail, "today": "2035-01-01"}, "differs", "gives another answer"),
    ],
)  # fmt: skip
def test_what_an_entry_says_wrongly_is_found(built, change, outcome, sentence):
    answered = next(seq for seq, shown in built.shown.items() if getattr(shown[0], "status", "") == "answered")
    found = replay(built.settings, rewritten(built, answered, change))
    assert found.verdicts[0].outcome == outcome
    assert sentence in found.verdicts[0].said
    assert not found.is_same


@pytest.fixture
def spoiled(built):
    """Whatever is written to a file is taken back afterwards."""
    kept = {}

    def spoil(file, content):
        kept[file] = file.read_bytes()
        file.chmod(0o600)
        file.write_bytes(content(kept[file]))

    yield spoil
    for file, content in kept.items():
        file.write_bytes(content)


def test_a_changed_bundle_is_named(built, spoiled):
    live = built.lives[SEGMENTATION]
    folder = built.workspace.bundles / SEGMENTATION / live.chosen.sha256
    spoiled(folder / "model.json", lambda content: content.replace(b"0.9", b"0.8", 1))
    segment, need = replay(built.settings, next(iter(built.shown))).verdicts
    assert (segment.outcome, need.outcome) == ("not_possible", "same")
    assert "refused: the file model.json was changed or cut" in segment.said


def test_a_changed_snapshot_is_named(built, spoiled, monkeypatch):
    monkeypatch.setattr(store, "_verified", store._verified.__wrapped__)  # a fresh process has verified nothing yet
    for file in (built.workspace.store / "contacts").glob("*.parquet"):
        spoiled(file, lambda content: content[:-1] + b"?")
    found = replay(built.settings, next(iter(built.shown)))
    assert {one.outcome for one in found.verdicts} == {"not_possible"}
    assert "is damaged" in found.verdicts[0].said


def test_a_changed_manifest_is_named(built, spoiled):
    file = built.workspace.store / "manifests" / f"{built.registers.stamp.snapshot_sha256}.json"
    spoiled(file, lambda content: content.replace(b'"rows":', b'"rows" :', 1).replace(b"2024-12-31", b"2024-12-30"))
    assert "checksum does not hold" in replay(built.settings, next(iter(built.shown))).verdicts[0].said


def test_a_changed_model_of_the_same_name_is_not_taken_for_the_one_that_answered(built):
    """A bundle that is signed and whole, but another one."""
    live = built.lives[NEED]
    other = replace(live.model, model=BinaryModel(live.model.model.learner, Calibration(1.0, 0.0)))
    folder = built.workspace.bundles / NEED
    key = load_or_create_signing_key(built.workspace.keys)
    sha256 = write_bundle(folder / "other", "need", other.to_files(), key)
    (folder / "other").rename(folder / ("cd" * 32))
    assert sha256 != live.chosen.sha256
    with pytest.raises(Exception, match="not the one that answered"):
        recompute.model_of(built.workspace, {"model": NEED, "version": "1", "bundle_sha256": "cd" * 32})


@pytest.mark.parametrize(
    "what, name", [("code", "code"), ("libraries", "library versions"), ("threads", "thread count")]
)
def test_other_code_libraries_or_threads_are_said(built, monkeypatch, what, name):
    monkeypatch.setattr(recompute, "runtime", lambda: {**runtime_module.runtime(), what: "another"})
    found = replay(built.settings, next(iter(built.shown)))
    assert found.is_same
    (note,) = found.notes
    assert f"The {name} is not the one of then" in note


def test_an_entry_without_an_answer_and_one_that_is_not_there_are_refused(built):
    seq = built.records.audit(AuditEvent("sign_in", "ok", ACTOR, "r", "own_session"))
    with pytest.raises(DataError, match="holds no answer of a model"):
        replay(built.settings, seq)
    with pytest.raises(DataError, match="has no entry 9999"):
        replay(built.settings, 9999)


def test_the_command_says_it_and_notes_that_the_log_was_read(built, monkeypatch, capsys):
    monkeypatch.setattr(command, "load_settings", lambda config: built.settings)
    seq = next(iter(built.shown))
    assert command.main(["--entry", str(seq)]) == 0
    assert "every answer is the same, bit for bit" in capsys.readouterr().out
    (entry,) = built.records.page(AUDIT_LOG, Wanted({"event": "replay"}), 1, 1).entries
    assert entry["detail"] == {"entry": seq, "outcomes": ["same", "same"]}
    wrong = rewritten(built, seq, first_said(answer_sha256="0" * 64))
    assert command.main(["--entry", str(wrong)]) == 1
    assert "did not come out the same" in capsys.readouterr().err


def test_after_its_time_the_replay_says_that_the_content_is_gone(tmp_path, clock, monkeypatch):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    settings = SETTINGS.model_copy(update={"records": RecordsSettings(retention=HALF_A_YEAR)})
    written(Place(tmp_path / "records"), clock, "2026-01-05", "2026-06-01").close()
    retain(settings, lambda: day("2026-08-02"))
    (verdict,) = replay(settings, 1).verdicts
    assert verdict.outcome == "not_possible"
    assert "removed when its time was over" in verdict.said


def test_a_tampered_entry_is_not_replayed(built):
    seq = rewritten(built, next(iter(built.shown)), lambda detail: detail)
    tamper(
        Place(built.workspace.records), f"UPDATE audit_log SET entry = replace(entry, 'care', 'core') WHERE seq = {seq}"
    )
    with pytest.raises(DataError, match=f"Entry {seq} of the audit_log was changed"):
        replay(built.settings, seq)


def test_a_page_gets_the_verdict_of_a_fresh_process(monkeypatch):
    said = Phrase("It begins in the rules.", "replay.say.differs", part=Phrase("the rules", "replay.part.rules"))
    verdict = Verdict("need", TASK.id, "need_x 1", "differs", said, "ab", "ac")
    found = Replayed(7, "answer", "2025-01-02T10:00:00.000Z", (verdict,), (Phrase("note"),))
    calls = []

    def run(words, **_):
        calls.append(words)
        out = canonical_json(told(found)).decode()
        return type("Done", (), {"stdout": f"{out}\n", "stderr": ""})

    monkeypatch.setattr(command.subprocess, "run", run)
    assert command.replay_in_process("configs/serving.yaml", 7) == found
    assert calls[0][1:4] == ["-m", "serving.replay", "--config"]
    failed = type("Done", (), {"stdout": "", "stderr": "luotain: The audit_log has no entry 7.\n"})
    monkeypatch.setattr(command.subprocess, "run", lambda words, **_: failed)
    with pytest.raises(DataError, match=r"^The audit_log has no entry 7"):
        command.replay_in_process("configs/serving.yaml", 7)
