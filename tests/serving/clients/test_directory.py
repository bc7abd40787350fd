"""Names: held in memory for a page, never logged; a directory that is slow or away costs the names only."""

import threading

import pytest

from serving.desk.directory import CsvDirectory, Names, NoDirectory
from serving.house import directory_of
from serving.pages.coordinator.services import ListFilters
from serving.pages.services import Person
from tests.serving.clients.test_coordinator_core import built_with, coordinator, handle_of
from tests.serving.fake_engine import HENKILOTUNNUS, MINE, FakeEngine
from tests.serving.serving_parts import SETTINGS

CSV = f"henkilotunnus,name,birth_year\n{HENKILOTUNNUS},Ilmari Ruskokangas,1994\n311068-923C,Reino Ruskoselkä,\n"


def test_names_are_held_in_memory_and_never_logged(var):
    (var / "extracts").mkdir()
    (var / "extracts" / "directory.csv").write_text(CSV, encoding="utf-8")
    built = built_with(var)
    services, visitor = built.services, coordinator(built)
    built.desk.engine.then()  # as the engine does after it has looked at the registers
    page = services.clients(visitor, 1, ListFilters())
    assert [row.person for row in page.rows] == [Person("Ilmari Ruskokangas", 1994), None]
    assert services.client(visitor, handle_of(visitor)).person.name == "Ilmari Ruskokangas"
    assert services.find_client(visitor, HENKILOTUNNUS)
    services.coordinator.letter(visitor, handle_of(visitor), "html", "fi")
    files = b"".join(file.read_bytes() for file in (var / "records").iterdir())
    assert b"Ruskokangas" not in files
    assert HENKILOTUNNUS.encode() not in files
    built.close()


def test_production_never_reads_the_file_of_invented_persons():
    development, production = (
        SETTINGS.model_copy(update={"environment": one}) for one in ("development", "production")
    )
    assert isinstance(directory_of(development, FakeEngine()), CsvDirectory)
    assert isinstance(directory_of(production, FakeEngine()), NoDirectory)


class Slow:
    def __init__(self):
        self.asked, self.go = 0, threading.Event()

    def people(self, client_ids):
        self.asked += 1
        self.go.wait(5)
        return {client: Person("Myöhä Myöhäinen", None) for client in client_ids}


def test_a_slow_directory_costs_the_names_of_a_page_and_is_then_left_alone():
    slow, now = Slow(), [0.0]
    names = Names(slow, 0.01, lambda: now[0])
    assert not names.of([MINE]).known
    assert not names.of([MINE]).known
    assert slow.asked == 1  # the second page did not wait again
    slow.go.set()
    now[0] = 60.0
    assert Names(slow, 5.0).of([MINE]).people[MINE].name == "Myöhä Myöhäinen"
    names.close()


@pytest.mark.parametrize("content", [None, "nimi;tunnus\nx;y\n"], ids=["no file", "another header"])
def test_a_directory_that_cannot_answer_is_said_and_the_page_works(var, content):
    file = var / "names.csv"
    if content:
        file.write_text(content, encoding="utf-8")
    names = Names(CsvDirectory(file, lambda codes: codes), 5.0)
    assert not names.of([MINE]).known
    names.close()
