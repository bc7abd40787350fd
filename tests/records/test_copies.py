"""Restore drill: a backup made while the service writes has the same counts and hashes after it was put back."""

import threading

import pytest

from configs.errors import DataError
from serving import backup_log
from serving.records.chain.chained import verify_table
from serving.records.database import Place
from serving.records.databases.copies import back_up, counted, restore
from serving.records.databases.settings import URL_VARIABLE
from serving.records.logs import Records
from serving.records.schema import CHAINED
from tests.records.places import decision, empty, event, filled


def lost(place: Place) -> Place:
    """The database is gone."""
    if place.url is not None:
        empty(place)
        return place
    for file in place.folder.glob("logs.sqlite*"):
        file.unlink()
    return place


@pytest.fixture
def copied(place, clock, tmp_path, witness):
    """Logs with entries of two kinds, noted, and their copy."""
    records = Records(place, clock)
    filled(records)
    records.decide(decision(), event("decision"))
    witness.note_heads(records)
    before = counted(records.engine)
    file = back_up(place, tmp_path / "backup")
    records.close()
    return before, file


def test_F26_a_restored_backup_has_the_same_counts_and_hashes(place, copied, witness):
    before, file = copied
    restore(lost(place), file)
    engine = place.engine()
    assert counted(engine) == before
    assert before["audit_log"].entries == 6
    assert [witness.verified(engine, table).first_bad for table in CHAINED] == [None] * len(CHAINED)
    engine.dispose()


def test_F26_the_log_goes_on_after_a_restore_and_still_refuses_changes(place, copied, clock):
    restore(lost(place), copied[1])
    records = Records(place, clock)
    assert records.audit(event()) == 7
    assert verify_table(records.engine, CHAINED[0]).first_bad is None
    records.close()


def test_F26_entries_after_the_backup_that_are_lost_are_named(place, copied, clock, witness):
    records = Records(place, clock)
    filled(records, 2)
    witness.note_heads(records)
    records.close()
    restore(lost(place), copied[1])
    engine = place.engine()
    assert witness.verified(engine, CHAINED[0]).first_bad == 7
    engine.dispose()


def test_F26_a_backup_while_others_write_is_whole(place, clock, tmp_path):
    records, stop = Records(place, clock), threading.Event()
    filled(records, 3)

    def write():
        while not stop.is_set():
            records.audit(event())

    writer = threading.Thread(target=write)
    writer.start()
    file = back_up(place, tmp_path / "backup")
    stop.set()
    writer.join()
    records.close()
    restore(lost(place), file)
    engine = place.engine()
    result = verify_table(engine, CHAINED[0])
    engine.dispose()
    assert result.entries >= 3
    assert result.first_bad is None


def test_a_restore_overwrites_nothing(place, copied):
    with pytest.raises(DataError, match="already"):
        restore(place, copied[1])


def test_a_backup_is_for_its_owner_only(copied):
    assert copied[1].stat().st_mode & 0o777 == 0o600


def test_the_commands_print_the_same_counts_before_and_after(place, copied, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    if place.url is not None:
        monkeypatch.setenv(URL_VARIABLE, place.url.render_as_string(hide_password=False))
    assert backup_log.main(["--to", str(tmp_path / "again")]) == 0
    first = capsys.readouterr().out.splitlines()[1:]
    lost(place)
    (file,) = (tmp_path / "again").iterdir()
    assert backup_log.main(["--restore", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == first
    assert backup_log.main(["--restore", str(tmp_path / "none")]) == 3
