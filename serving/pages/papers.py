"""What the pages ask of the published papers of models and registers, as a protocol."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from serving.pages.services import Visitor

REPORTS = ("quality", "fairness", "monitor", "feedback")
"""Reports about the registers and all models that the auditor reads: each `<name>.html` among the published files."""


class Papers(Protocol):
    """Reports that were published; only listed ones are given."""

    def report(self, visitor: "Visitor", name: str, version: str) -> str:
        """The published SHAP report (HTML text) of one listed version.  Raises NotYours."""

    def paper(self, visitor: "Visitor", name: str, version: str, kind: str) -> bytes:
        """One file of the published audit report of a version: pdf, json or card.  Raises NotYours."""

    def published_reports(self) -> tuple[str, ...]:
        """Which of `REPORTS` were published about the served registers."""

    def published_report(self, visitor: "Visitor", kind: str) -> str:
        """One of `REPORTS` (HTML text) as it was published.  Raises NotYours."""
