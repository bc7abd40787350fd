"""Who a client is by name: an exchangeable directory.  Names are held for the page only, never stored or logged.

A county's own client system gets an adapter here.  Development makes names up, so that its pages can be read.
"""

from typing import Protocol

from serving.engine.contract import ClientFacts
from serving.pages.services import Person

WOMEN = (
    "Aino", "Anja", "Eeva", "Elina", "Helena", "Hilkka", "Inkeri", "Irma", "Kaarina", "Kerttu", "Lahja", "Laila",
    "Maija", "Margit", "Martta", "Orvokki", "Pirkko", "Raili", "Ritva", "Sirkka", "Sylvi", "Tuulikki", "Vieno",
    "Gunnel",
)  # fmt: skip
MEN = (
    "Aarne", "Antero", "Eino", "Erkki", "Esko", "Heikki", "Ilmari", "Jorma", "Kalevi", "Kauko", "Lauri", "Martti",
    "Matti", "Olavi", "Onni", "Paavo", "Pentti", "Reino", "Seppo", "Tauno", "Toivo", "Veikko", "Vilho", "Göran",
)  # fmt: skip
FAMILIES = (
    "Aaltonen", "Ahonen", "Forsman", "Hakala", "Harju", "Heino", "Hiltunen", "Jokela", "Kallio", "Karjalainen",
    "Kivelä", "Koivisto", "Kuusisto", "Laakso", "Lahti", "Lehtonen", "Lindroos", "Mattila", "Mäkelä", "Nieminen",
    "Ojala", "Peltola", "Rantanen", "Salminen", "Savolainen", "Sjöblom", "Suominen", "Tuominen", "Vainio", "Virtanen",
    "Ylinen", "Österman",
)  # fmt: skip


class Directory(Protocol):
    """Where names come from."""

    def person(self, client_id: str, facts: ClientFacts) -> Person | None:
        """Who the client is; None when the directory does not know."""


class NoDirectory:
    """Until a county connects its own: no names."""

    def person(self, client_id: str, facts: ClientFacts) -> Person | None:
        """Nobody is known."""
        return None


class FictionalDirectory:
    """A made-up name per pseudonym, the same every time; for fictional clients in development."""

    def person(self, client_id: str, facts: ClientFacts) -> Person | None:
        """A name that fits the sex in the register, and the year of birth."""
        number = int(client_id, 16)
        given = MEN if facts.sex == "male" else WOMEN
        name = f"{given[number % len(given)]} {FAMILIES[number // 1000 % len(FAMILIES)]}"
        return Person(name, facts.birth_year)
