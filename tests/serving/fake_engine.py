"""A small engine for the service's tests: five clients in three units, and faults on demand."""

from dataclasses import replace
from datetime import date

from configs.loader import load_config
from models.answers import (
    MODEL_INFORMS,
    Change,
    Counterfactual,
    Likelihood,
    Missing,
    ModelStamp,
    NeedAnswer,
    Reason,
    SegmentAnswer,
    SegmentShare,
)
from models.planning.channels.suitability import channel_suitability
from models.planning.channels.suitability_config import SuitabilityRules
from models.similar import Similar, SimilarOutcome
from serving.desk.access import ClientTies, Tie
from serving.desk.asking import AxisQuestion, Explored
from serving.engine.clients.looking import ClientRecords, RuleName
from serving.engine.clients.overview import ClientLine, Overview
from serving.engine.contract import CaseStamp, ClientFacts, DataStamp, RowStamp
from serving.pages.coordinator.services import Alert, Outcome
from serving.pages.services import Axis, Layout, ModelVersion, Unavailable
from tests.serving.live_models import SmallFlow, small_demand

AS_OF = date(2025, 1, 1)
CHANNEL_RULES = load_config("configs/channel_suitability.yaml", SuitabilityRules)
MINE, MINE_TOO, OTHERS, OTHER_TASK, FORMER = ("1" * 32, "2" * 32, "3" * 32, "4" * 32, "5" * 32)
STRANGER = "f" * 32
HENKILOTUNNUS = "010594Y9032"
STAMP = ModelStamp("segmentation_suuntima_like", "3", "ab" * 32, "2024-12-31", "2025-01-01")


def said(text):
    return {"fi": text, "sv": text, "en": text}


def tie(unit, task="older_people", start="2024-01-01", end=None):
    return Tie(unit, task, date.fromisoformat(start), date.fromisoformat(end) if end else None)


CLIENTS = {
    MINE: (tie("asiakasohjaus_lansi"),),
    MINE_TOO: (tie("asiakasohjaus_lansi"), tie("asiakasohjaus_ita")),
    OTHERS: (tie("asiakasohjaus_keski"),),
    OTHER_TASK: (tie("asiakasohjaus_lansi", "disability"),),
    FORMER: (tie("asiakasohjaus_lansi", end="2024-12-01"),),
}
SEGMENTS = ("self_managed", "cooperative", "community", "network")


def reason(family, contribution):
    return Reason(
        family=family,
        name=said(family),
        dimension="service_use",
        role="risk",
        contribution=contribution,
        feature=f"{family}__90d",
        value=3.0,
        comparison=1.0,
        source="avohilmo/instance_a",
        sentence=said(f"{family} painaa"),
    )


def likelihood(name, probability_log_odds=0.5):
    reasons = (reason("emergency_contacts", 0.75), reason("informal_care", -0.5))
    return Likelihood(name, said(name), said(name), 0.622, 0.5, 0.25, reasons, reasons)


class FakeCase:
    def __init__(self, engine, client_id):
        self.engine = engine
        self.client_id = client_id

    def segment(self, by_hand=()):
        self.engine.asked.append(("segment", self.client_id))
        self.engine.by_hand += by_hand
        if self.engine.model_is_missing:
            raise Unavailable("Malli ei saatavilla.")
        shares = tuple(
            SegmentShare(one, said(one), said(one), share, one == "network")
            for one, share in zip(SEGMENTS, (0.1, 0.2, 0.3, 0.4), strict=True)
        )
        return SegmentAnswer(
            stamp=STAMP,
            status="answered",
            status_reason=said(""),
            scheme="suuntima_like",
            scheme_version="1",
            client_flow="multi_sector",
            need_duration="long_term",
            segments=shares,
            axes=(likelihood("complexity"), likelihood("resources")),
            missing=(Missing("whodas", said("WHODAS"), "rai"),),
            sources=("avohilmo/instance_a",),
            notice=MODEL_INFORMS,
            credible=("network", "community"),
            coverage=0.9,
            answers=tuple(by_hand),
            basis="both" if by_hand else "model",
            channels=channel_suitability(CHANNEL_RULES, {"digital_contacts__365d": 0.0}),
        )

    def holding(self, output):
        if output == "resources":
            return None
        return self.segment() if output == "complexity" else self.need(output)

    def explore(self, output):
        self.engine.asked.append(("explore", self.client_id))
        if output == "resources":
            return None
        change = Change("informal_care", said("care"), "informal_care__90d", 3.0, 1.0, said("1 visit (3 now)"))
        found = Counterfactual(output, True, 0.62, 0.4, 0.5, (change,), MODEL_INFORMS)
        return Explored(STAMP, said(output), said(output), found)

    def stamp(self):
        return CaseStamp(
            AS_OF, {STAMP.name: RowStamp("12" * 32, "features-1", "rules-1", "2")}, ("avohilmo/instance_a",)
        )

    def need(self, task):
        self.engine.asked.append(("need", self.client_id))
        if self.engine.model_is_missing:
            raise Unavailable("Malli ei saatavilla.")
        stamp = replace(STAMP, name=f"need_{task}")
        return NeedAnswer(
            stamp, "answered", said(""), task, 182, 0, likelihood(task), (), ("avohilmo/instance_a",), MODEL_INFORMS
        )


class FakeEngine:
    def __init__(self):
        self.model_is_missing = False
        self.registers_are_missing = False
        self.demand = small_demand()
        self.chain = SmallFlow()
        self.asked = []
        self.by_hand = []
        self.looked_over = Overview(
            frozenset({("segmentation_suuntima_like", "ab")}),
            {client: ClientLine("answered", "network") for client in CLIENTS},
        )
        self.published_files = {}

    def when_fresh(self, act):
        self.then = act

    def missing(self):
        return ("segmentation_suuntima_like",) if self.model_is_missing else ()

    def data(self):
        if self.registers_are_missing:
            raise Unavailable("The registers are not loaded.")
        return DataStamp("cd" * 32, date(2024, 12, 31), AS_OF)

    def identify(self, henkilotunnus):
        return {HENKILOTUNNUS: MINE, "010516B903X": OTHERS}.get(henkilotunnus)

    def identify_all(self, henkilotunnukset):
        return tuple(self.identify(one) for one in henkilotunnukset)

    def ties(self, client_id):
        self.data()
        found = CLIENTS.get(client_id)
        return ClientTies(client_id, found) if found is not None else None

    def clients_of(self, unit):
        return [ClientTies(one, ties) for one, ties in CLIENTS.items() if unit in {tie.unit for tie in ties}]

    def facts(self, client_id):
        if client_id == MINE:
            changes = ((date(2024, 12, 20), "contact"), (date(2024, 12, 12), "contact"), (date(2024, 11, 1), "plan"))
            return ClientFacts(date(2025, 6, 30), True, date(2024, 12, 20), 2, changes=changes)
        return ClientFacts(None, False, date(2024, 11, 1), 0)

    def overview(self):
        return self.looked_over

    def rule_names(self, seen):
        names = (
            RuleName("frequent_emergency", "alert", said("emergency")),
            RuleName("older", "target_group", said("older")),
        )
        return names if "economic" not in seen else (*names, RuleName("debts", "alert", said("debts")))

    def client_records(self, client_id, seen):
        self.asked.append(("records", client_id))
        alert = Alert("frequent_emergency", "alert", said("emergency"), "test", ())
        return ClientRecords((alert,), (), (), date(2023, 1, 1), date(2024, 12, 31), {})

    def similar(self, client_id):
        return Similar(60, (SimilarOutcome("heavier_home_care_6m", 50, 12),)), date(2024, 1, 1)

    def outcome(self, client_id, task, asked_at):
        return Outcome("happened", "2024-12-01")

    def open(self, client_id):
        return FakeCase(self, client_id)

    def posted(self, tables, as_of):
        self.asked.append(("posted", sum(len(table) for table in tables.values())))
        return FakeCase(self, None)

    def horizons(self):
        return {"heavier_home_care_6m": 182}

    def tasks(self):
        return ("heavier_home_care_6m",)

    def task_names(self):
        return {"heavier_home_care_6m": said("heavier")}

    def questions(self):
        levels = (("low", said("low")), ("high", said("high")))
        return (
            AxisQuestion("complexity", said("complexity"), "professional", levels),
            AxisQuestion("resources", said("resources"), "client", levels),
        )

    def outputs(self):
        return ("complexity", "resources", "heavier_home_care_6m")

    def run_of(self, name, version):
        return "run-1"

    def layout(self):
        low, high = said("low"), said("high")
        return Layout(
            Axis("complexity", said("complexity"), (low, high)),
            Axis("resources", said("resources"), (low, high)),
            (("community", "network"), ("self_managed", "cooperative")),
        )

    def segments(self):
        return tuple((one, said(one)) for one in SEGMENTS)

    def demands(self):
        return () if self.model_is_missing else (self.demand,)

    def flows(self):
        return () if self.model_is_missing else (self.chain,)

    def population(self):
        return None

    def versions(self):
        return (ModelVersion("segmentation_suuntima_like", "3", True, "2026-11-20", "2024-12-31", "ab" * 32, {}, True),)

    def published(self, name):
        return self.published_files.get(name)

    def paper(self, name, version, kind):
        return f"<!doctype html><title>{kind}</title>".encode() if version == "3" else None

    def report(self, name, version):
        return "<!doctype html><title>report</title>" if version == "3" else None
