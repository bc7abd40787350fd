"""Who answers for a model: three roles that its config names.  Roles, never persons."""

from pydantic import Field

from configs.loader import StrictConfig

TAG = "owner_{field}"
"""Tag of a registered version that holds one role."""


class Owners(StrictConfig):
    """Without these nobody can be asked what the model means, whether its data hold, or how it is to be read."""

    definer: str = Field(min_length=3)
    """Who decided what is estimated and for whom."""
    data_reliability: str = Field(min_length=3)
    """Who answers for the registers behind it."""
    user_guide: str = Field(min_length=3)
    """Who keeps the guidance for its users."""


FIELDS: tuple[str, ...] = tuple(Owners.model_fields)


def owner_tags(owners: Owners | None) -> dict[str, str]:
    """As the registry keeps them; nothing where the config names nobody."""
    return {} if owners is None else {TAG.format(field=name): str(getattr(owners, name)) for name in FIELDS}
