"""Which day it is for a report and for a signature."""

from datetime import date, datetime, timedelta

from configs.workspace import Workspace
from features.store import open_snapshot


def today_of(workspace: Workspace, clock: str) -> date:
    """The day it is: the system's, or the day after the registers end (a simulated county has its own time)."""
    if clock == "system":
        return datetime.now().astimezone().date()
    return open_snapshot(workspace.store).data_until + timedelta(days=1)
