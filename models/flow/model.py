"""The served flow model: a chain's forecast, its report, and what it takes to ask "what if", from a verified bundle."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from configs.loader import validate_config
from features.flow import Stage
from features.frames import frame_bytes
from models.answers import ModelStamp
from models.bundles.bundle import Bundle
from models.flow.answers import FlowAnswer, FlowPoint, FlowReport, FlowWeek, StageInfo
from models.flow.config import FlowConfig
from models.flow.forecast import FlowFit, Widths
from models.flow.measured.weeks import weekly_spread
from models.flow.moves.simulate import Present, draw_futures
from models.flow.sentences import notes
from models.flow.stored import as_json, fit_files, read_fit, table
from models.flow.whatif import WhatIf, basis_of, what_if
from models.texts import Text

CONFIG, FLOWS, FORECAST = "config.json", "flows.parquet", "forecast.parquet"
BACKTEST, WIDTHS, REPORT = "backtest.json", "widths.json", "report.json"
NUMBERS = ("value", "low80", "high80", "low95", "high95")
GOLDEN_WEEKS, GOLDEN_SAMPLES = 4, 50


@dataclass(frozen=True)
class FlowModel:
    """One chain.  `flows` are the observed weeks, `forecast` the weeks ahead with intervals."""

    config: FlowConfig
    recipe: str
    fit: FlowFit
    flows: pd.DataFrame
    """stage, ds, stock, arrivals, departures, outside, exits, stock_end."""
    forecast: pd.DataFrame
    """stage, ds, step, measure, value, sd, rises, low80, high80, low95, high95."""
    backtest: Mapping[str, Mapping[str, float]]
    widths: Widths
    report: FlowReport

    def answer(self, stamp: ModelStamp) -> FlowAnswer:
        """The chain as a planner sees it."""
        names = {stage.id: stage.name.as_text() for stage in self.config.chain.stages}
        estimated = tuple(stage for stage, one in self.fit.capacities.items() if one.basis == "busiest_weeks")
        return FlowAnswer(
            stamp=stamp,
            chain=self.config.chain.id,
            name=self.config.chain.name.as_text(),
            first_week=self.fit.first.date().isoformat(),
            stages=self.stages(),
            history=self._history(),
            spread=weekly_spread(self.flows, self.config.chain.ids, self.config.recent_weeks),
            points=self._points(),
            backtest=dict(self.backtest),
            report=self.report,
            notes=notes(self.report, names, estimated),
            notice=self.config.notice.as_text(),
        )

    def what_if(self, stage: str, hours: float) -> WhatIf:
        """What `hours` more staffed hours a week change.  Raises ModelError when the stage has no answer."""
        return what_if(self.fit, stage, hours, self.config.horizon, self.config.seed)

    def golden_outputs(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Synthetic clients (stage, days there) through drawn futures, and the published table's own numbers."""
        stages = np.clip(np.nan_to_num(rows[:, 0]), 0, len(self.fit.hazards.leave) - 1).astype(int)
        present = Present(stages, np.maximum(np.nan_to_num(rows[:, 1]), 1).astype(int))
        weeks = min(GOLDEN_WEEKS, self.config.horizon)
        futures = draw_futures(
            present, self.fit.arrivals, self.fit.weekdays, self.fit.hazards, self.fit.queues(weeks),
            weeks, GOLDEN_SAMPLES, self.config.seed,
        )  # fmt: skip
        return {
            "stock_end": futures.stock_end.mean(axis=0),
            "forecast": self.forecast["value"].to_numpy(float),
        }

    def to_files(self) -> dict[str, bytes]:
        """The bundle's files, the same bytes for the same model."""
        return {
            **fit_files(self.fit),
            CONFIG: as_json({"recipe": self.recipe, "config": self.config.model_dump(mode="json")}),
            FLOWS: frame_bytes(self.flows),
            FORECAST: frame_bytes(self.forecast),
            BACKTEST: as_json({name: dict(values) for name, values in self.backtest.items()}),
            WIDTHS: as_json({name: {str(level): w for level, w in by.items()} for name, by in self.widths.items()}),
            REPORT: TypeAdapter(FlowReport).dump_json(self.report, indent=1),
        }

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "FlowModel":
        """The inverse of `to_files`, of a verified bundle."""
        said = bundle.json(CONFIG)
        config = validate_config(said["config"], FlowConfig, CONFIG)
        widths = {name: {float(level): w for level, w in by.items()} for name, by in bundle.json(WIDTHS).items()}
        return cls(
            config=config,
            recipe=str(said["recipe"]),
            fit=read_fit(bundle, config.chain.ids),
            flows=table(bundle, FLOWS),
            forecast=table(bundle, FORECAST),
            backtest=bundle.json(BACKTEST),
            widths=widths,
            report=TypeAdapter(FlowReport).validate_json(bundle.bytes_of(REPORT)),
        )

    def stages(self) -> tuple[StageInfo, ...]:
        """Every stage with who is there now."""
        present = self.fit.hazards.clients(self.fit.present.stage)
        known = [self.fit.capacities.get(stage) for stage in self.config.chain.ids]
        return tuple(
            StageInfo(
                id=stage.id,
                name=stage.name.as_text(),
                waiting=stage.waiting,
                clients=int(clients),
                hours_each=one.hours_each if one else None,
                hours_basis=one.basis if one else None,
                what_if=basis_of(self.fit, stage.id),
                assumption=_assumed(self.fit, stage),
            )
            for stage, clients, one in zip(self.config.chain.stages, present, known, strict=True)
        )

    def _history(self) -> tuple[FlowWeek, ...]:
        recent = self.flows[self.flows["ds"] >= self.fit.first - pd.Timedelta(weeks=self.config.recent_weeks)]
        shown = recent[["arrivals", "departures", "stock_end"]].to_numpy(int).tolist()
        keys = zip(recent["stage"], recent["ds"].dt.strftime("%Y-%m-%d"), shown, strict=True)
        return tuple(FlowWeek(stage, week, *counts) for stage, week, counts in keys)

    def _points(self) -> tuple[FlowPoint, ...]:
        last = self.flows.sort_values("ds").groupby("stage").last()
        table = self.forecast
        numbers = table[list(NUMBERS)].to_numpy(float).tolist()
        keys = zip(table["stage"], table["measure"], table["ds"].dt.strftime("%Y-%m-%d"), numbers, strict=True)
        return tuple(
            FlowPoint(
                stage, measure, week, **dict(zip(NUMBERS, values, strict=True)), naive=float(last[measure][stage])
            )
            for stage, measure, week, values in keys
        )


def _assumed(fit: FlowFit, stage: Stage) -> Text | None:
    told = stage.added_hours if basis_of(fit, stage.id) == "assumed" else None
    return told.source.as_text() if told else None
