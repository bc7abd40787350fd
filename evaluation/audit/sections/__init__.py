"""The sixteen sections of a report as blocks, from its dict alone."""

from collections.abc import Mapping
from typing import Any

from evaluation.audit.blocks import Section
from evaluation.audit.sections import described, governed, monitored, performed, reasons
from evaluation.audit.sections.coverage import coverage

__all__ = ["sections"]

TITLES = (
    ("Tunniste ja vastuut", "Identity, owners, versions"),
    ("Käyttötarkoitus", "Intended purpose, users and misuse"),
    ("Mitä luku tarkoittaa", "What a number means, thresholds and abstention"),
    ("Aineisto", "Data"),
    ("Tietosuoja", "Pseudonymisation, purposes and impact assessments"),
    ("Malli ja sen opetus", "The model, its training and environment"),
    ("Osuvuus", "Performance"),
    ("Yhdenvertaisuus ryhmittäin", "Subgroups"),
    ("Epävarmuus", "Uncertainty"),
    ("Mihin malli perustuu (SHAP)", "SHAP report"),
    ("Ovatko perustelut totta", "Explanation quality"),
    ("Ihmisen valvonta", "Human oversight"),
    ("Seuranta", "Monitoring"),
    ("Muutoshistoria", "Change history"),
    ("Käyttö ja lokit", "Access statistics and chain verification"),
    ("Kattavuustaulukko", "Coverage matrix"),
)


def sections(report: Mapping[str, Any]) -> list[Section]:
    """Every section in order.  The same dict gives the same blocks."""
    made = (
        described.identity(report),
        described.purpose(report),
        described.meaning(report),
        described.data(report),
        described.privacy(report),
        described.model(report),
        performed.performance(report),
        performed.groups(report),
        performed.uncertainty(report),
        reasons.explanation(report),
        reasons.quality(report),
        governed.oversight(report),
        monitored.monitoring(report),
        governed.history(report),
        governed.access(report),
        coverage(report),
    )
    return [
        Section(number, fi, en, blocks) for number, ((fi, en), blocks) in enumerate(zip(TITLES, made, strict=True), 1)
    ]
