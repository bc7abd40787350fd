"""The mapping of a source: what may be said, and what a wrong mapping is told."""

from typing import Any

import pytest

from configs.errors import ConfigError
from features.sources.mapping import mapping_of
from tests.features.deliveries.extracts import CONTACTS


def changed(**values: Any) -> dict[str, Any]:
    return {**CONTACTS, **values}


def with_columns(**columns: Any) -> dict[str, Any]:
    kept = {name: column for name, column in CONTACTS["columns"].items() if columns.get(name, "kept") is not None}
    return changed(columns={**kept, **{name: column for name, column in columns.items() if column is not None}})


def test_a_mapping_names_the_columns_it_reads() -> None:
    mapping = mapping_of(changed(where={"column": "kind", "in": ["A"]}))
    assert mapping.file_columns == ("hetu", "time", "recorded", "service", "reason", "minutes", "kind")


@pytest.mark.parametrize(
    "wrong,                                                              sentence",
    [
        (changed(table="contact"), "did you mean `contacts`"),
        (changed(tabel="contacts"), "Did you mean `table`"),
        (changed(format={"type": "csv", "encoding": "utf-16"}), "format.encoding"),
        (changed(recording_delay_days=-1), "recording_delay_days"),
        (with_columns(time=None), "contacts needs the column `time`"),
        (with_columns(minuts={"from": "minutes"}), "did you mean `minutes`"),
        (with_columns(unit={"from": "a", "value": "b"}), "either `from"),
        (with_columns(unit={}), "either `from"),
        (with_columns(unit={"from": "a", "unknown": "x"}), "`unknown` needs `codes`"),
        (with_columns(client_id={"from": "hetu"}), "`client_id` needs `pseudonymise"),
        (with_columns(minutes={"from": "m", "pseudonymise": "plain"}), "`minutes` is no identifier"),
        (with_columns(minutes={"from": "m", "format": "%Y"}), "`minutes` is no date"),
        (changed(merge={"by": ["client"]}), "`merge` names `client`"),
        (changed(merge={"by": ["client_id"]}, repeats="keep"), "take `repeats` away"),
    ],
)
def test_a_wrong_mapping_is_told_what_to_write(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        mapping_of(wrong)
    assert sentence in str(refused.value)


def test_clocks_and_lineage_need_not_be_mapped() -> None:
    mapping = mapping_of(with_columns(recorded_at=None))
    assert "recorded_at" not in mapping.columns


def test_the_meaning_does_not_change_with_the_place_of_the_files() -> None:
    here, there = mapping_of(CONTACTS), mapping_of(changed(files="elsewhere/*.csv"))
    other = mapping_of(changed(recording_delay_days=5))
    assert here.sha256_of_meaning == there.sha256_of_meaning != other.sha256_of_meaning
