"""Frames as Parquet: what comes back is what went in, whole or in part, from disk or from bytes."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from features.frames import column_names, frame_bytes, frame_of, read_frame, write_frame


@pytest.fixture
def frame() -> pd.DataFrame:
    days = pd.to_datetime(["2024-01-31", "2024-02-29", "2024-03-31"]).astype("datetime64[ms]")
    return pd.DataFrame({"as_of": days, "name": ["a", None, "ä"], "value": [1.5, float("nan"), 3.0]})


def test_a_frame_comes_back_from_disk_and_from_bytes(frame: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "part.parquet"
    file.write_bytes(frame_bytes(frame))
    assert_frame_equal(read_frame(file), frame)
    assert_frame_equal(frame_of(file.read_bytes()), frame)
    assert column_names(file) == ["as_of", "name", "value"]


def test_part_of_a_file_is_read(frame: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "part.parquet"
    file.write_bytes(frame_bytes(frame))
    found = read_frame(file, columns=["value"], filters=[("as_of", ">", pd.Timestamp("2024-02-29"))])
    assert found.to_dict("list") == {"value": [3.0]}


def test_a_folder_named_like_a_partition_adds_no_column(frame: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "year=2024" / "part.parquet"
    file.parent.mkdir()
    file.write_bytes(frame_bytes(frame))
    assert list(read_frame(file).columns) == column_names(file) == ["as_of", "name", "value"]


def test_the_same_frame_gives_the_same_bytes(frame: pd.DataFrame) -> None:
    assert frame_bytes(frame) == frame_bytes(frame.set_axis([7, 8, 9]))


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"nothing\.parquet"):
        read_frame(tmp_path / "nothing.parquet")


def test_F20_numbers_and_days_are_written_without_a_dictionary(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "number": [1, 2, 2],
            "share": [0.5, None, 0.25],
            "day": pd.to_datetime(["2024-01-01", None, "2024-01-02"]),
            "text": ["a", None, "b"],
            "kind": pd.Categorical(["x", "y", "x"]),
        }
    )
    write_frame(frame, tmp_path / "frame.parquet")
    columns = pq.ParquetFile(tmp_path / "frame.parquet").metadata.row_group(0)
    coded = {columns.column(place).path_in_schema: columns.column(place) for place in range(columns.num_columns)}
    assert [name for name, one in coded.items() if "RLE_DICTIONARY" in one.encodings] == ["text", "kind"]
    assert_frame_equal(read_frame(tmp_path / "frame.parquet"), frame)
