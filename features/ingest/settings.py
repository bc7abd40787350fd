"""The ingest's own config."""

from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from features.keys import Purpose
from features.sources.fetching.compressed import Limits
from features.sources.reading.pieces import PIECE_BYTES


class Identity(StrictConfig):
    """How people are told apart.  These settings belong to development and are refused in production."""

    purpose: Purpose = Field(default="care", description="each purpose has a key and a data folder of its own")
    test_range: Literal["refuse", "link"] = "refuse"
    create_key: bool = Field(default=False, description="make a key file when there is no key")
    key_seed: str | None = Field(
        default=None, description="make that key from this text: fictional people or published data"
    )
    published_data: bool = Field(
        default=False, description="the identifiers are already published, e.g. a research log"
    )

    @property
    def is_development(self) -> bool:
        """Settings that no production has; without them a key file inside the data folder is refused."""
        return self.test_range == "link" or self.create_key or self.published_data

    @model_validator(mode="after")
    def _fictional(self) -> "Identity":
        if self.key_seed is not None and self.test_range != "link" and not self.published_data:
            raise ValueError(
                "`key_seed` makes a key that everybody can guess: it needs `test_range: link` or `published_data: true`"
            )
        return self


class IngestConfig(StrictConfig):
    """One run of the ingest."""

    var: str
    sources: tuple[str, ...] = Field(min_length=1, description="mapping files, globs from the project's folder")
    identity: Identity = Identity()
    n_buckets: int = Field(default=16, ge=1, le=4096)
    quarantine_limit: float = Field(default=0.05, ge=0, le=1, description="share of a file's rows; more refuses it all")
    limits: Limits = Limits()
    threads: int = Field(default=2, ge=1)
    memory_mb: int = Field(default=500, ge=200, description="what the engine may use before it spills to disk")
    piece_bytes: int = Field(default=PIECE_BYTES, ge=1, description="of a file that are in memory at a time")
