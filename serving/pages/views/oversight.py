"""The auditor's pages: which models there are and which one is live, their reports, and the two logs."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response

from serving.pages.format import Format
from serving.pages.language import Language
from serving.pages.page import Page
from serving.pages.services import ChainStatus, LogPage, Visitor

LOG_FILTERS = ("choice", "event", "outcome", "role", "from", "to")
CODED = {
    "choice": "choice",
    "event": "event",
    "outcome": "outcome",
    "role": "role",
    "ground": "ground",
    "purpose": "purpose",
    "proposed": "segment",
    "decided": "segment",
    "decision_point": "decision_point",
}
"""Log columns that hold codes → the family of texts that names them.  Free text is never looked up."""
METRICS = (
    "auroc",
    "baseline_auroc",
    "calibration_slope",
    "macro_f1",
    "baseline_macro_f1",
    "wape",
    "baseline_wape",
    "mase",
    "baseline_mase",
    "coverage80",
)
"""The figures of a model version that its row shows; the report has them all."""
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)


def models(page: Page) -> Response:
    """Every model version, the live one marked."""
    versions = page.services.models(page.who)
    names = list(dict.fromkeys(version.name for version in versions))
    groups = [(name, [v for v in versions if v.name == name]) for name in names]
    titles, reports = page.services.oversight.titles(), page.services.published_reports()
    return page.show("models.html", groups=groups, metrics=METRICS, reports=reports, titles=titles)


def report(page: Page) -> Response:
    """The published SHAP report as it is; only its own style block is allowed, by its hash."""
    parameters = page.request.path_params
    html = page.services.report(page.who, parameters["name"], parameters["version"])
    return HTMLResponse(html, headers={"Content-Security-Policy": report_policy(html)})


PAPERS = {"pdf": ("application/pdf", "audit_{}.pdf"), "json": ("application/json", "audit_{}.json")}
"""Files that are downloaded; a page is shown under its own policy."""


def paper(page: Page) -> Response:
    """One file of the published audit report: the model card as a page, the others to keep."""
    parameters = page.request.path_params
    name, version, kind = parameters["name"], parameters["version"], parameters["kind"]
    content = page.services.paper(page.who, name, version, kind)
    if kind not in PAPERS:
        html = content.decode()
        return HTMLResponse(html, headers={"Content-Security-Policy": report_policy(html)})
    media, file = PAPERS[kind]
    kept = file.format(f"{name}_v{version}")
    return Response(content, media_type=media, headers={"Content-Disposition": f'attachment; filename="{kept}"'})


def published(page: Page) -> Response:
    """A report about the registers and all models, as it was published, under the same policy."""
    html = page.services.published_report(page.who, page.request.path_params["kind"])
    return HTMLResponse(html, headers={"Content-Security-Policy": report_policy(html)})


def decisions(page: Page) -> Response:
    """The decision log."""
    return _log(page, "decisions.html", page.services.decision_log)


def audit_log(page: Page) -> Response:
    """The audit log and the state of its chain."""
    return _log(page, "audit_log.html", page.services.audit_log, chain=page.services.chain(page.who))


def report_policy(html: str) -> str:
    """A policy under which the report runs no script, loads nothing and may use its own style blocks."""
    digests = (hashlib.sha256(block.encode()).digest() for block in _STYLE.findall(html))
    styles = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; style-src {styles or chr(39) + 'none' + chr(39)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


LogReader = Callable[[Visitor, int, Mapping[str, str]], LogPage]


def coded(words: Language, column: str, value: str) -> str:
    """A log cell as it is shown: a code by its name, anything else as it stands."""
    if column == "model" and value:
        return Format(words).model(value)
    return words.label(CODED[column], value) if column in CODED and value else value


def _log(page: Page, template: str, read: LogReader, chain: ChainStatus | None = None) -> Response:
    filters = {name: page.query(name) for name in LOG_FILTERS if page.query(name)}
    found = read(page.who, page.page_number(), filters)
    query = urlencode(filters) + "&" if filters else ""
    return page.show(template, log=found, filters=filters, query=query, chain=chain)
