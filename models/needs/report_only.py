"""Tasks that are told of groups only: their models never answer about one client, whoever registered one."""

from configs.errors import ModelError
from models.bundles.bundle import Bundle
from models.needs.need import TASK
from models.parts import read_json

REFUSED = (
    "{name} is of a task that is told of groups only (`report_only`) and cannot go live: it must not answer about one "
    "client. Read its published report, factors_*.html."
)


def refuse_report_only(name: str, bundle: Bundle) -> None:
    """Raises ModelError for a verified bundle of such a task."""
    if bundle.kind == "need" and read_json(bundle.files, TASK).get("report_only"):
        raise ModelError(REFUSED.format(name=name))
