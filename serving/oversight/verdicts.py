"""The auditor's first screen: every served model, judged by the one rule of `models.oversight`."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from models.answers import Text
from models.names import NEED_PREFIX
from models.oversight.verdict import verdict
from serving.desk.requests import Desk
from serving.engine.contract import DataStamp
from serving.oversight.chains import ChainMemory
from serving.oversight.gathering import facts_of, impact_state, ledger_of, published_json, quality_of
from serving.oversight.stopping import StopList
from serving.pages.oversight.services import FirstScreen, Judged, LiveOn, LiveThen, NotUnderstood
from serving.pages.services import ModelVersion, Unavailable
from serving.records.entries import HELSINKI, local_text
from serving.records.promotions import Promotions

QUALITY = "quality.json"


class Verdicts:
    """Judges what is live."""

    def __init__(self, desk: Desk, chains: ChainMemory, stops: StopList) -> None:
        self._desk, self._chains, self._stops = desk, chains, stops

    def titles(self) -> Mapping[str, Text]:
        """The names of need tasks: every other model is named by the page's own texts."""
        return {f"{NEED_PREFIX}{task}": name for task, name in self._desk.engine.task_names().items()}

    def screen(self) -> FirstScreen:
        """Every live model, the worst first."""
        engine = self._desk.engine
        live = [version for version in engine.versions() if version.live]
        ledger, ledger_intact = ledger_of(self._desk.settings.workspace, self._desk.settings.promotions)
        log_intact, checked_at = self._chains.state()
        data = self._data()
        judged = [self._judged(version, ledger, (ledger_intact, log_intact), data) for version in live]
        order = ("not_to_be_used", "cannot_tell", "with_conditions", "may_be_used")
        ranked = sorted(judged, key=lambda one: (order.index(one.verdict.outcome), one.name))
        return FirstScreen(tuple(ranked), tuple(engine.missing()), checked_at)

    def live_on(self, day: str) -> LiveOn:
        """What was live at the end of a day in Finland."""
        try:
            asked = date.fromisoformat(day)
        except ValueError:
            raise NotUnderstood("live_on.not_a_day") from None
        ledger, intact = ledger_of(self._desk.settings.workspace, self._desk.settings.promotions)
        if ledger is None:
            if intact is False:
                raise NotUnderstood("live_on.unreadable")
            return LiveOn(day, (), None)
        end = datetime.combine(asked + timedelta(days=1), time.min, HELSINKI) - timedelta(microseconds=1)
        titles = self.titles()
        models = tuple(_then(name, titles.get(name), ledger, end) for name in ledger.names())
        return LiveOn(day, models, ledger.first_bad)

    def _judged(
        self,
        version: ModelVersion,
        ledger: Promotions | None,
        chains: tuple[bool | None, bool | None],
        data: DataStamp | None,
    ) -> Judged:
        promotion = ledger.live(version.name) if ledger else None
        published = self._desk.settings.workspace.published
        report = published_json(published, version.snapshot_sha256, f"{version.name}_v{version.version}.json")
        quality = quality_of(published_json(published, data.snapshot_sha256, QUALITY) if data else None)
        stopped = self._stops.all().get(version.name)
        day = data.as_of if data else self._desk.records.now().astimezone(HELSINKI).date()
        impact = impact_state(self._desk.settings.workspace, version.name, version.version, day)
        found = facts_of(version, promotion, chains, report, data, quality, stopped, impact)
        title = self.titles().get(version.name)
        return Judged(version.name, title, version.version, version.report, verdict(found))

    def _data(self) -> DataStamp | None:
        try:
            return self._desk.engine.data()
        except Unavailable:
            return None


def _then(name: str, title: Text | None, ledger: Promotions, end: datetime) -> LiveThen:
    found = ledger.live(name, end)
    if found is None:
        return LiveThen(name, title, None, None, "", "", "", "")
    since = local_text(found.at)
    return LiveThen(
        name, title, found.version, since, found.who, found.why, found.act, found.bundle_sha256, found.waivers
    )
