"""Puts the service together from its settings: the engine, the records, the desk, the pages and the door."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.applications import Starlette

from serving.desk.directory import CsvDirectory, Directory, Names, NoDirectory
from serving.desk.page_services import CorePageServices
from serving.desk.requests import Desk
from serving.engine.contract import Engine
from serving.middleware.doors import DoorRules
from serving.middleware.guard import GuardRules
from serving.pages import create_pages
from serving.planning.desk import PlanningDesk
from serving.planning.ground import Ground
from serving.records.chain.witness import Witness
from serving.records.opening import open_records, place_of, witness_of
from serving.records.sessions import Sessions
from serving.settings import ServingSettings
from serving.users.entrance import Entrance, open_entrance

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class House:
    """Everything that one worker process holds."""

    settings: ServingSettings
    desk: Desk
    planning: PlanningDesk
    sessions: Sessions
    names: Names
    witness: Witness
    services: CorePageServices
    pages: Starlette
    rules: GuardRules
    entrance: Entrance

    def close(self) -> None:
        """Let go of the database files."""
        self.desk.records.close()
        self.sessions.close()
        self.entrance.close()
        self.names.close()


def build_house(settings: ServingSettings, engine: Engine, clock: Clock = lambda: datetime.now(UTC)) -> House:
    """The whole service; touches no file yet, so that it starts whatever the data folder holds."""
    witness = witness_of(settings)
    desk = Desk(settings, engine, open_records(settings, clock, witness.after))
    sessions = Sessions(place_of(settings), settings.sessions.idle_seconds, settings.sessions.absolute_seconds, clock)
    names = Names(directory_of(settings, engine), settings.coordinator.names.wait_ms / 1000)
    engine.when_fresh(names.warm)
    planning = PlanningDesk(desk, Ground(settings.planning))
    entrance = open_entrance(desk, sessions, clock)
    services = CorePageServices(desk, planning, sessions, names, witness, entrance)
    pages = create_pages(
        services,
        secure_cookie=not settings.is_development,
        accessibility_contact=settings.pages.accessibility_contact,
    )
    rules = _rules(settings, entrance)
    return House(settings, desk, planning, sessions, names, witness, services, pages, rules, entrance)


def directory_of(settings: ServingSettings, engine: Engine) -> Directory:
    """Invented persons in development; in production nobody, until a county's own client system is connected here."""
    file = settings.coordinator.names.csv
    return (
        CsvDirectory(settings.workspace.root / file, engine.identify_all)
        if file and settings.is_development
        else NoDirectory()
    )


def _rules(settings: ServingSettings, entrance: Entrance) -> GuardRules:
    hosts = tuple(host.lower() for host in settings.allowed_hosts)
    return GuardRules(
        doors=DoorRules(hosts, settings.is_development, settings.trusted_proxies),
        authenticate=entrance.authenticate,
        max_body_bytes=settings.max_body_bytes,
        max_upload_bytes=settings.max_upload_bytes,
        timeout_seconds=settings.timeout_seconds,
        max_concurrency=settings.max_concurrency,
    )
