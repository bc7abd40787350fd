"""Tasks that are told of groups only: their models never answer about one client, whatever an alias says."""

from configs.errors import ModelError
from models.bundles.bundle import Bundle
from models.names import REPORT_PREFIX
from models.need import TASK
from models.parts import read_json

REFUSED = (
    "{name} is for reports about groups only (`report_only`) and cannot go live: it must not answer about one client. "
    "Read its report: `python -m evaluation.county_reasons`."
)


def is_report(name: str) -> bool:
    """True for the registered name of a model for group reports."""
    return name.startswith(REPORT_PREFIX)


def refuse_report_only(name: str, bundle: Bundle) -> None:
    """Raises ModelError for a verified bundle that is for reports about groups, whatever name it goes by."""
    if bundle.kind == "need" and read_json(bundle.files, TASK).get("report_only"):
        raise ModelError(REFUSED.format(name=name))
