"""What a report is written from: the registered version with its run, and the files that other commands published."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from configs.errors import ModelError
from configs.workspace import Workspace
from evaluation.published import SERVICE_FACTS, published_folder
from features.frames import read_frame
from models.registry import RegisteredBundle, Registry

LEDGER_AND_LOGS = SERVICE_FACTS
"""Written by `python -m serving.oversight.facts`: the ledger, the logs and their statistics, without any client."""
QUALITY, FAIRNESS, MONITOR, SUMMARY = "quality.json", "fairness.json", "monitor.json", "summary.json"


@dataclass(frozen=True)
class Material:
    """One live version with everything stored about it.  A missing file is None, never an error."""

    workspace: Workspace
    registry: Registry
    version: RegisteredBundle

    @cached_property
    def metrics(self) -> dict[str, float]:
        """What the run logged."""
        return self.registry.metrics(self.version.run_id)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The run's artefacts."""
        return self.registry.artefact_names(self.version.run_id)

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The configuration of the training run; empty when it was not stored."""
        return self.document("config.json") or {}

    @cached_property
    def report(self) -> Mapping[str, Any] | None:
        """The report that the training run wrote."""
        return self.document("report.json")

    def document(self, name: str) -> Any:
        """A JSON artefact of the run."""
        return json.loads(self.path(name).read_text(encoding="utf-8")) if name in self.names else None

    def frame(self, name: str) -> pd.DataFrame | None:
        """A Parquet artefact of the run."""
        return read_frame(self.path(name)) if name in self.names else None

    def path(self, name: str) -> Path:
        """Where an artefact of the run lies."""
        return self.registry.artefact(self.version.run_id, name)

    @property
    def folder(self) -> Path:
        """Where files about the version's snapshot are published."""
        return published_folder(self.workspace, self.version.snapshot_sha256)

    def published(self, name: str) -> Any:
        """A published JSON file of the version's snapshot.  Raises ModelError for a damaged one."""
        file = self.folder / name
        if not file.is_file():
            return None
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            raise ModelError(f"The published file {name} is damaged. Publish it again.") from None

    @cached_property
    def facts(self) -> Mapping[str, Any] | None:
        """The ledger and the logs, as the service told them."""
        return self.published(LEDGER_AND_LOGS)  # type: ignore[no-any-return]
