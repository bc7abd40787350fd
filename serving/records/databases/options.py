"""How a transaction says that it will write, so that writers queue from their first statement."""

from typing import Any

from sqlalchemy import Connection

WRITER: dict[str, Any] = {"luotain_writes": True}


def is_writing(connection: Connection) -> bool:
    """True inside `writing`."""
    return bool(connection.get_execution_options().get("luotain_writes", False))
