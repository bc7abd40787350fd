"""The service with one coordinator and a client who is another unit's."""

from datetime import UTC, datetime, timedelta

from serving.desk.access import Emergency, User
from serving.house import build_house
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG, EMERGENCY_LOG
from tests.serving.fake_engine import OTHERS, FakeEngine
from tests.serving.serving_parts import NOW, SETTINGS, settings

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OTHERS_HENKILOTUNNUS = "010516B903X"
REASON = "Asiakas on löytynyt kotoaan tajuttomana"


def user(role="coordinator", user_id="kaisa"):
    return User(user_id, "K", role, "lansi", {}, ("older_people",))


def minutes(count):
    return NOON + timedelta(minutes=count)


def emergency(user_id="kaisa", client_id=OTHERS, ended=None):
    return Emergency("e1", user_id, client_id, NOON, minutes(60), ended)


class Built:
    """The house with a clock that a test moves."""

    def __init__(self):
        self.now = NOW
        self.engine = FakeEngine()
        second = SETTINGS.development_users["coordinator"]
        users = {
            **SETTINGS.development_users,
            "second": second,
            "manager": second.model_copy(update={"role": "manager"}),
        }
        self.house = build_house(settings(development_users=users), self.engine, lambda: self.now)
        self.services = self.house.services

    def visitor(self, name="coordinator"):
        return self.services.visitor(self.services.sign_in(name))

    def open(self, visitor, client=OTHERS_HENKILOTUNNUS, reason=REASON, key="form-1"):
        return self.services.emergencies.open(visitor, client, reason, key)

    def log(self, **equal):
        return self.house.desk.records.page(AUDIT_LOG, Wanted(equal), 1, 100).entries

    def rows(self, **equal):
        return self.house.desk.records.kept(EMERGENCY_LOG, **equal)
