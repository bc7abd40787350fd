"""What a page shows of the audit log's chain."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ChainStatus:
    """Whether the audit log's hash chain holds; `first_bad` names the first entry that does not."""

    intact: bool
    entries: int
    first_bad: int | None
    checked_at: str
    """When the newest entries were verified."""
    checkpoint_seq: int | None
    whole_at: str
    """When the whole log was last read: an entry that was changed since then is found by the next whole reading."""
    whole_until: int
    """The last entry of that reading."""
    checked_until: int
    """The last entry that was verified at `checked_at`."""
