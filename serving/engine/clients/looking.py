"""What the engine knows beside single answers: the overview of a county's clients, and one client's own file."""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from configs.errors import LuotainError
from features.catalogue import load_catalogue
from features.kernel import build_features
from features.rules.run import RulesConfig, rule_work
from models.names import NEED_PREFIX
from models.needs.need import NeedModel
from models.segments.segmentation import SegmentationModel
from models.similar import Similar, similar
from models.texts import Text
from serving.engine.clients.client_file import (
    HISTORY_DAYS,
    TOLD,
    FileRules,
    alerts_of,
    contact_months,
    history_of,
    known_frames,
    outcome_of,
    told_frames,
)
from serving.engine.clients.overview import Live, Overview, look_over
from serving.engine.registers import Registers
from serving.engine.shelf import LiveModel
from serving.pages.coordinator.services import Alert, ContactMonth, Happening, Outcome
from serving.pages.services import Unavailable
from serving.settings import ServingSettings

logger = logging.getLogger("luotain.serving")


@dataclass(frozen=True)
class ClientRecords:
    """One client's alerts and history, as a role may see them."""

    alerts: tuple[Alert, ...]
    history: tuple[Happening, ...]
    months: tuple[ContactMonth, ...]
    since: date
    until: date
    code_names: Mapping[str, Mapping[str, Text]]


@dataclass(frozen=True)
class RuleName:
    """A rule that one may filter by."""

    id: str
    kind: str
    name: Text


class Looking:
    """Holds the overview and the rules of one snapshot; what is old is replaced as a whole."""

    def __init__(self, settings: ServingSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._overview: Overview | None = None
        self._rules: tuple[str, FileRules] | None = None

    @property
    def overview(self) -> Overview | None:
        """The last overview; None until one is worked out."""
        return self._overview

    def look(self, registers: Registers, lives: Sequence[LiveModel], today: date) -> None:
        """Work the overview out, unless it is of the same snapshot, models and day."""
        rules = self.rules(registers)
        if rules is None:
            return
        made_of = frozenset({*((one.chosen.name, one.chosen.sha256) for one in lives), _stamp(registers, today)})
        if self._overview is not None and self._overview.made_of == made_of:
            return
        try:
            self._overview = look_over(registers, _live(lives), rules.work, made_of, today)
        except LuotainError as error:
            logger.warning("overview: %s", error)

    def rules(self, registers: Registers) -> FileRules | None:
        """The rules over this snapshot.  Raises ConfigError for a rule that reads an unknown feature."""
        files = self._settings.coordinator.rules
        if files is None:
            return None
        with self._lock:
            if self._rules is None or self._rules[0] != registers.snapshot.sha256:
                config = RulesConfig(var=self._settings.var, rules=files.rules, catalogue=files.catalogue)
                made = FileRules(rule_work(registers.snapshot, config), load_catalogue(files.catalogue))
                self._rules = (registers.snapshot.sha256, made)
            return self._rules[1]

    def rule_names(self, registers: Registers, seen: Sequence[str]) -> tuple[RuleName, ...]:
        """Alerts, target groups and suggestions that a role may be told of."""
        rules = self.rules(registers)
        book = rules.work.book.rules if rules else {}
        return tuple(
            RuleName(name, rule.kind, rule.name.as_text())
            for name, rule in book.items()
            if rules and rules.is_told(name, seen)
        )

    def records(self, registers: Registers, client_id: str, seen: Sequence[str]) -> ClientRecords:
        """The client's alerts and history."""
        rules, as_of = self.rules(registers), registers.stamp.as_of
        since, until = as_of - timedelta(days=HISTORY_DAYS), registers.stamp.data_until
        if rules is None:
            return ClientRecords((), (), (), since, until, {})
        known = known_frames(registers, client_id, TOLD)
        told = told_frames(known, rules.hidden_families(seen))
        names = {
            column: {code: words.as_text() for code, words in codes.items()}
            for column, codes in rules.catalogue.code_names.items()
        }
        return ClientRecords(
            alerts_of(registers, rules, client_id, seen),
            history_of(told, as_of),
            contact_months(told, as_of),
            since,
            until,
            names,
        )

    def similar(
        self, registers: Registers, client_id: str, live: LiveModel | None
    ) -> tuple[Similar | None, date | None]:
        """What happened to clients who looked like this one a horizon ago, and when that was."""
        found = self._overview
        if found is None or found.reference is None or live is None:
            return None, None
        model = live.model
        today = np.array([registers.stamp.as_of], "datetime64[D]")
        tables, one = registers.tables_of(client_id), np.array([client_id], object)
        row = build_features(tables, one, today, model.catalogue, model.vocabulary, threads=1)
        used = model.parts.used_columns(row)[0]
        if used.shape[-1] != found.reference.rows.shape[-1]:
            return None, None
        return similar(found.reference, client_id, used), found.reference_as_of

    def outcome(self, registers: Registers, live: LiveModel | None, client_id: str, asked_at: date) -> Outcome:
        """What became of an earlier forecast.  Raises Unavailable when its task is not served any more."""
        if live is None or not isinstance(live.model, NeedModel):
            raise Unavailable("This need is not served any more.")
        return outcome_of(registers, live.model, client_id, asked_at)


def _stamp(registers: Registers, today: date) -> tuple[str, str]:
    return (registers.snapshot.sha256, today.isoformat())


def _live(lives: Sequence[LiveModel]) -> Live:
    segmentation = next((one.model for one in lives if isinstance(one.model, SegmentationModel)), None)
    needs = {one.chosen.name.removeprefix(NEED_PREFIX): one.model for one in lives if isinstance(one.model, NeedModel)}
    return Live(segmentation, needs)
