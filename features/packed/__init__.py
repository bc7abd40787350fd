"""Every client's rows side by side in one read-only file per snapshot: what a request reads in microseconds."""

from features.packed.clients import PackedClients, open_packed

__all__ = ["PackedClients", "open_packed"]
