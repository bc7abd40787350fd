"""Section 16: each rule of the field, where it is answered, pass or an explained gap."""

from collections.abc import Mapping
from typing import Any

from evaluation.audit.blocks import Block, Table, Words

STATES = {"pass": "täyttyy", "gap": "puute", "not_concerned": "ei koske"}


def coverage(report: Mapping[str, Any]) -> list[Block]:
    """The matrix.  A gap always says why, and what to type or who has to act."""
    lines = report["matrix"]
    counts = {state: sum(line["state"] == state for line in lines) for state in STATES}
    rows = [
        [line["source"], line["asks"]["fi"], str(line["section"]), STATES[line["state"]], line["why"]["fi"]]
        for line in lines
    ]
    columns = ("Sääntö", "Mitä vaaditaan", "Kohta", "Tila", "Selitys")
    return [
        Words(
            f"{counts['pass']} vaatimusta täyttyy, {counts['gap']} on selitetty puute, "
            f"{counts['not_concerned']} ei koske tätä mallia.",
            f"{counts['pass']} pass, {counts['gap']} explained gaps, {counts['not_concerned']} not concerned.",
        ),
        Table("Kattavuus", columns, rows, frozenset({1, 3, 4})),
    ]
