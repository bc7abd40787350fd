"""What a history says about itself: families switched off, and for which share of rows each feature is computable."""

from datetime import date
from pathlib import Path

import pandas as pd

from features.catalogue.vocabulary import Vocabulary
from features.computable import described, lines
from tests.features.histories_data import catalogue_of, family

NAN = float("nan")
CATALOGUE = catalogue_of(
    family("visits", "contacts", "count", windows=[30, 90]),
    family("since", "contacts", "days_since"),
    family("scarce", "contacts", "distinct", value="reason", windows=[30], minimum_completeness=0.5),
    family("never", "contacts", "days_since", filter={"service": "nobody"}, minimum_completeness=0.1),
)
VOCABULARY = Vocabulary({}, date(2025, 1, 1), {"scarce": 0.25, "never": 0.0})


def parts(folder: Path) -> list[Path]:
    """Five rows in two parts."""
    frames = [
        pd.DataFrame(
            {"client_id": ["a"] * 2, "visits__30d": [0.0, 1.0], "visits__90d": [NAN, 1.0], "since": [NAN, NAN]}
        ),
        pd.DataFrame(
            {"client_id": ["b"] * 3, "visits__30d": [0.0] * 3, "visits__90d": [0.0] * 3, "since": [1.0, NAN, NAN]}
        ),
    ]
    files = [folder / f"part-{number}.parquet" for number in range(2)]
    for frame, file in zip(frames, files, strict=True):
        frame.astype(dict.fromkeys(frame.columns[1:], "float32")).to_parquet(file)
    return files


def test_the_share_computable_is_counted_over_every_part(tmp_path: Path) -> None:
    found = described(parts(tmp_path), CATALOGUE, VOCABULARY)
    assert found["share_computable"] == {"visits__30d": 5 / 5, "visits__90d": (1 + 3) / 5, "since": (0 + 1) / 5}
    assert [(one["family"], one["completeness"], one["minimum"]) for one in found["switched_off"]] == [
        ("never", 0.0, 0.1),
        ("scarce", 0.25, 0.5),
    ]


def test_the_report_names_what_is_off_and_what_is_seldom_computable(tmp_path: Path) -> None:
    told = list(lines(described(parts(tmp_path), CATALOGUE, VOCABULARY)))
    assert [" ".join(line.split()) for line in told] == [
        "switched off: never nothing recorded, needs 10%",
        "switched off: scarce 25% of rows complete, needs 50%",
        "computable in less than 95 % of the rows (the family's least computable feature; all are in meta.json):",
        "since 20.0%",
        "visits 80.0%",
    ]


def test_a_history_from_before_says_nothing() -> None:
    assert list(lines({"attrition": []})) == []
