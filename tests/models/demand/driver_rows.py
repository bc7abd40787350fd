"""Small tables of people, places and stays, for the drivers of demand."""

import pandas as pd

WEEKS = pd.date_range("2024-01-01", periods=60, freq="W-MON")


def table(rows: list[tuple], columns: str, *days: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns.split())
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})


# --- population ---------------------------------------------------------------------------------------------------


def people(*rows: tuple) -> pd.DataFrame:
    """area, low, high, 31 December of the year, persons, recorded on."""
    made = [(area, low, high, f"{year}-12-31", float(n), known, None) for area, low, high, year, n, known in rows]
    columns = "area low high day persons recorded_at superseded_at"
    return table(made, columns, "day", "recorded_at", "superseded_at")


OLD = people(
    ("901", 75, 84, 2021, 900, "2022-04-01"), ("901", 85, 200, 2021, 100, "2022-04-01"),
    ("901", 75, 84, 2022, 950, "2023-04-01"), ("901", 85, 200, 2022, 150, "2023-04-01"),
    ("901", 75, 84, 2023, 9e9, "2024-04-01"), ("901", 85, 200, 2023, 9e9, "2024-04-01"),  # not yet known
    ("901", 0, 74, 2022, 5000, "2023-04-01"),
)  # fmt: skip

# --- openings -----------------------------------------------------------------------------------------------------


def openings(*rows: tuple) -> pd.DataFrame:
    return table(list(rows), "unit area from to places recorded_at", "from", "to", "recorded_at")


# --- discharges ---------------------------------------------------------------------------------------------------


def stays(counts: list[int], known_after_days: int = 3) -> pd.DataFrame:
    """So many stays end on the Wednesday of each week, and are recorded some days later."""
    rows = [("901", WEEKS[k] + pd.Timedelta(days=2)) for k, n in enumerate(counts) for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["area", "day"])
    return frame.assign(recorded_at=frame["day"] + pd.Timedelta(days=known_after_days), superseded_at=pd.NaT)
