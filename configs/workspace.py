"""Where things lie under the data folder.  Every path that two packages share is named here once."""

from dataclasses import dataclass
from pathlib import Path

from configs.loader import var_folder


@dataclass(frozen=True)
class Workspace:
    """The data folder of one county (`var/` by default); created by the commands, never by hand."""

    root: Path

    @classmethod
    def of(cls, configured: str) -> "Workspace":
        """The workspace a config names; `LUOTAIN_VAR` wins."""
        return cls(var_folder(configured))

    @property
    def extracts(self) -> Path:
        """Register extracts as delivered (CSV files with their `.complete` markers)."""
        return self.root / "extracts"

    @property
    def truth(self) -> Path:
        """What the simulator knows and no model may read; opened by evaluation/truth.py only."""
        return self.root / "truth"

    @property
    def store(self) -> Path:
        """Canonical tables: Parquet files and one manifest."""
        return self.root / "store"

    @property
    def packed(self) -> Path:
        """The store's clients side by side, one file for the present snapshot: what the service reads."""
        return self.root / "packed"

    @property
    def histories(self) -> Path:
        """Feature frames, one folder per (snapshot, catalogue, dates)."""
        return self.root / "histories"

    @property
    def mlflow(self) -> Path:
        """MLflow's SQLite file and artefacts."""
        return self.root / "mlflow"

    @property
    def bundles(self) -> Path:
        """Local copies of served model bundles: the last good ones."""
        return self.root / "bundles"

    @property
    def published(self) -> Path:
        """Files that evaluation publishes for the service, one folder per snapshot."""
        return self.root / "published"

    @property
    def records(self) -> Path:
        """Decision and audit logs."""
        return self.root / "records"

    @property
    def keys(self) -> Path:
        """Development keys (pseudonym, signing), mode 0600.  Production keys come from the environment."""
        return self.root / "keys"
