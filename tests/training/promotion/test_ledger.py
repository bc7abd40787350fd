"""The ledger remembers who was live when; a changed one is named and stops every promotion."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from configs.errors import DataError, GateError, ModelError
from models.registry import CHAMPION, connect
from tests.training.promotion import desk_case
from tests.training.promotion.desk_case import GATES, GOOD, NAME, another_version
from training.promote import promote
from training.promotion.desk import Desk, PromoteConfig, follow_ledger, open_desk
from training.promotion.ledger import open_ledger
from training.rollback import roll_back

template, desk = desk_case.template, desk_case.desk


def test_F11_a_kill_between_ledger_and_alias_is_mended_at_the_next_start(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(desk.registry, "set_alias", killed)
        with pytest.raises(KeyboardInterrupt):
            promote(desk, NAME, GATES)
    assert desk.registry.champion(NAME) is None
    follow_ledger(desk, NAME)
    champion = desk.registry.champion(NAME)
    assert champion is not None
    assert champion.version == "1"


def test_an_alias_moved_by_hand_is_put_back_where_the_ledger_says(desk: Desk) -> None:
    promote(desk, NAME, GATES)
    desk.registry.set_alias(NAME, CHAMPION, another_version(desk.registry, {**GOOD, "auroc": 0.1}))
    open_desk(PromoteConfig(var="var", gates="configs/gates.yaml", reason="a test"))
    champion = desk.registry.champion(NAME)
    assert champion is not None
    assert champion.version == "1"


def test_a_rollback_goes_back_one_version_and_a_second_one_does_not_come_forward_again(desk: Desk) -> None:
    with pytest.raises(GateError, match=r"no earlier version.*or stop it"):
        roll_back(desk, NAME)
    for auroc in (0.76, 0.77):
        promote(desk, NAME, GATES)
        another_version(desk.registry, {**GOOD, "auroc": auroc})
    promote(desk, NAME, GATES)
    assert roll_back(desk, NAME) == "need_demo: back to version 2 from 3."
    assert roll_back(desk, NAME) == "need_demo: back to version 1 from 2."
    with pytest.raises(GateError, match=r"no earlier version.*or stop it"):
        roll_back(desk, NAME)
    assert desk.ledger.verify() is None


def test_what_was_live_on_a_date(desk: Desk) -> None:
    for version, at in (("1", "2026-10-01T08:00:00+00:00"), ("2", "2026-10-05T08:00:00+00:00")):
        desk.ledger.append(desk.ledger.live(NAME), {"name": NAME, "version": version, "previous": None, "at": at})

    def live_at(day: int) -> str | None:
        live = desk.ledger.live(NAME, datetime(2026, 10, day, 12, tzinfo=UTC))
        return live.version if live else None

    assert [live_at(day) for day in (1, 4, 5, 9)] == ["1", "1", "2", "2"]
    assert desk.ledger.live(NAME, datetime(2026, 9, 30, tzinfo=UTC)) is None


def damaged(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        for statement in ("DROP TRIGGER promotions_no_update", "DROP TRIGGER promotions_no_delete", *statements):
            database.execute(statement)


@pytest.mark.parametrize(
    "statement,                                                              first_bad",
    [
        ("UPDATE promotions SET entry = replace(entry, 'tester', 'someone') WHERE seq = 2", 2),
        ("DELETE FROM promotions WHERE seq = 1", 1),
        ("DELETE FROM promotions WHERE seq = 3", 3),  # the tail: only the signed checkpoint tells
    ],
)
def test_a_changed_ledger_is_named_and_stops_every_promotion(desk: Desk, statement: str, first_bad: int) -> None:
    for number in (1, 2, 3):
        values = {
            "name": f"m{number}",
            "version": "1",
            "previous": None,
            "who": "tester",
            "at": "2026-10-01T08:00:00+00:00",
        }
        desk.ledger.append(None, values)
    damaged(desk.workspace.records / "promotions.db", statement)
    assert desk.ledger.verify() == first_bad
    with pytest.raises(ModelError, match=f"entry {first_bad}"):
        open_desk(PromoteConfig(var="var", gates="configs/gates.yaml", reason="a test"))


def test_the_ledger_takes_no_update_and_no_delete(desk: Desk) -> None:
    desk.ledger.append(None, {"name": NAME, "version": "1", "previous": None, "at": "2026-10-01T08:00:00+00:00"})
    with closing(sqlite3.connect(desk.workspace.records / "promotions.db")) as database:
        for statement in ("UPDATE promotions SET seq = 9", "DELETE FROM promotions"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)


def test_a_forged_checkpoint_is_refused(desk: Desk) -> None:
    desk.ledger.append(None, {"name": NAME, "version": "1", "previous": None, "at": "2026-10-01T08:00:00+00:00"})
    file = desk.workspace.records / "promotions.checkpoint.json"
    file.write_text(file.read_text().replace('"seq":1', '"seq":0'))
    with pytest.raises(DataError, match="not signed"):
        open_ledger(desk.workspace).verify()


def test_the_ledger_is_the_same_after_it_is_opened_again(desk: Desk) -> None:
    promote(desk, NAME, GATES)
    again = open_ledger(desk.workspace)
    assert again.entries() == desk.ledger.entries()
    assert again.verify() is None
    assert connect(desk.workspace).champion(NAME) == desk.registry.champion(NAME)
