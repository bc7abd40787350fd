"""Which alerts of listed clients were dismissed and still rest on the same records: the list leaves them out."""

from collections.abc import Mapping, Sequence

from serving.coordinator.alerts import Alerts
from serving.pages.coordinator.services import Alert
from serving.records.schema import ALERT_LOG

Asked = tuple[str, tuple[str, ...]]
"""A client, and what the role sees."""


class Dismissed:
    """The states of the client page, asked only of clients about whose alerts somebody has decided.

    What a client's alerts rest on is worked out once for the same registers.
    """

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._of_registers: tuple[str, dict[Asked, tuple[Alert, ...]]] = "", {}

    def of(self, fired: Mapping[str, Sequence[str]], seen: Sequence[str]) -> dict[str, frozenset[str]]:
        """Client → dismissed alerts; `fired` are the listed clients with the alerts that fire."""
        decided = set(self._alerts.desk.records.values_of(ALERT_LOG, "client_id"))
        return {
            client: self._dismissed(client, tuple(seen))
            for client, alerts in fired.items()
            if alerts and client in decided
        }

    def _dismissed(self, client_id: str, seen: tuple[str, ...]) -> frozenset[str]:
        states = self._alerts.states(client_id, self._fired(client_id, seen))
        return frozenset(alert for alert, state in states.items() if state.choice == "dismiss")

    def _fired(self, client_id: str, seen: tuple[str, ...]) -> tuple[Alert, ...]:
        engine = self._alerts.desk.engine
        registers = engine.data().snapshot_sha256
        if self._of_registers[0] != registers:
            self._of_registers = registers, {}
        known = self._of_registers[1]
        if (client_id, seen) not in known:
            known[client_id, seen] = engine.client_records(client_id, seen).alerts
        return known[client_id, seen]
