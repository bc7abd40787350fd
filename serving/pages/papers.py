"""What the pages ask of the published papers of models and registers, as a protocol."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from serving.pages.services import Visitor


class Papers(Protocol):
    """Reports that were published; only listed ones are given."""

    def report(self, visitor: "Visitor", name: str, version: str) -> str:
        """The published SHAP report (HTML text) of one listed version.  Raises NotYours."""

    def paper(self, visitor: "Visitor", name: str, version: str, kind: str) -> bytes:
        """One file of the published audit report of a version: pdf, json or card.  Raises NotYours."""

    def has_quality_report(self) -> bool:
        """Whether a data-quality report of the served registers was published."""

    def quality_report(self, visitor: "Visitor") -> str:
        """The published data-quality report (HTML text).  Raises NotYours."""
