"""Areas that lend, for a new area."""

import pandas as pd

NAMES = {name: {"fi": f"{name} fi", "sv": f"{name} sv", "en": f"{name} en"} for name in ("North", "South")}


def traits(**rows: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=["size", "aged"])


def cells(*ids: str) -> pd.DataFrame:
    parts = [one.split("|", 1) for one in ids]
    return pd.DataFrame({"unique_id": ids, "area": [area for area, _ in parts], "cell": [cell for _, cell in parts]})
