"""configs/client_groups.yaml."""

from pydantic import Field

from configs.loader import StrictConfig


class ClientGroupsConfig(StrictConfig):
    """What `python -m evaluation.client_groups` reads."""

    var: str
    areas: str
    """The file of the county's areas."""
    histories: str
    """Its rules say who is a client."""
    segmentation: str
    """Registered name of the segmentation model."""
    multi_service: str = ""
    """Registered name of the need model whose likelihoods give the expected number of new multi-service clients."""
    silent_days: int = Field(default=365, ge=1)
    silent_from_age: int = Field(default=65, ge=0)
    silent_tables: tuple[str, ...] = Field(min_length=1)
    """Tables of which a row within the days is an event."""
