"""P13: noisy counts are drawn exactly, cost what they cost, and a spent budget refuses."""

import json
import math
from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from configs.errors import DataError, GateError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.private_counts import __main__ as command
from evaluation.private_counts.budget import FILE, Budget, Release
from evaluation.private_counts.noise import discrete_laplace
from evaluation.published import PRIVATE_COUNTS, published_folder

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HALF = Fraction("0.5")


@pytest.mark.parametrize("epsilon", ["0.5", "1", "2"])
def test_the_noise_has_the_distribution_that_the_protection_is_promised_for(epsilon: str) -> None:
    draws = 6000
    rng = Random(5)
    found = Counter(discrete_laplace(Fraction(epsilon), rng.randrange) for _ in range(draws))
    step = math.exp(-float(epsilon))
    for value in (-2, -1, 0, 1, 2):
        wanted = (1 - step) / (1 + step) * step ** abs(value)
        assert abs(found[value] / draws - wanted) < 4.5 * math.sqrt(wanted * (1 - wanted) / draws), value


def test_the_told_distance_holds_95_of_100() -> None:
    assert [command.within(Fraction(one)) for one in ("0.5", "1", "2")] == [6, 3, 1]
    rng = Random(6)
    near = sum(abs(discrete_laplace(HALF, rng.randrange)) <= 6 for _ in range(4000)) / 4000
    assert 0.95 < near < 0.975


def release(table: str, snapshot: str = "a" * 64, epsilon: Fraction = HALF) -> Release:
    return Release(table, snapshot, epsilon)


def test_P13_a_spent_budget_refuses_before_anything_is_counted(tmp_path: Path) -> None:
    budget = Budget(tmp_path, Fraction(1))
    for table in ("first", "second"):
        budget.released(release(table), NOW, lambda: {"901": 10})
    with pytest.raises(
        GateError, match=r"budget of 2026 is spent: 0 of 1 is left and the table third needs 0\.5"
    ) as told:
        budget.released(release("third"), NOW, lambda: pytest.fail("it was counted"))
    assert told.value.exit_code == 5
    assert budget.spent(2026) == 1
    budget.released(release("third"), NOW.replace(year=2027), lambda: {"901": 10})


def test_P13_many_small_releases_add_up_exactly(tmp_path: Path) -> None:
    budget, tenth = Budget(tmp_path, Fraction(1)), Fraction("0.1")
    for number in range(10):
        budget.released(release(f"t{number}", epsilon=tenth), NOW, lambda: {"901": 1})
    assert budget.spent(2026) == 1  # ten tenths, which floating point would not make one
    with pytest.raises(GateError, match="is spent"):
        budget.released(release("t10", epsilon=tenth), NOW, lambda: {"901": 1})


def test_P13_a_released_table_is_given_again_and_costs_nothing(tmp_path: Path) -> None:
    budget, noise = Budget(tmp_path, HALF), iter((12, 8))
    first = budget.released(release("t"), NOW, lambda: {"901": next(noise)})
    assert budget.released(release("t"), NOW, lambda: {"901": next(noise)}) == first == {"901": 12}
    assert budget.released(release("t", epsilon=Fraction(2)), NOW, lambda: {"901": 10}) == first  # nor more exactly
    with pytest.raises(GateError):
        budget.released(release("t", snapshot="b" * 64), NOW, lambda: {"901": 10})


@pytest.mark.parametrize("damage", [lambda text: text.replace('"1/2"', '"1/9"'), lambda text: text[:40]])
def test_P13_a_changed_record_stops_every_release(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    budget = Budget(tmp_path, Fraction(1))
    budget.released(release("t"), NOW, lambda: {"901": 10})
    (tmp_path / FILE).write_text(damage((tmp_path / FILE).read_text()))
    with pytest.raises(DataError, match="Restore it"):
        budget.released(release("u"), NOW, lambda: {"901": 10})


def test_the_command_counts_each_client_once_and_publishes(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stays = [
        ("a", "901", "2020"),
        ("a", "902", "2024"),
        ("b", "901", "2020"),
        ("c", "999", "2020"),
        ("d", "901", "2020"),
    ]
    tables = {
        "residents": pd.DataFrame(stays, columns=["client_id", "municipality", "valid_from"]),
        "contacts": pd.DataFrame({"client_id": ["a", "a", "b", "c"]}),
        "plans": pd.DataFrame({"client_id": ["b"]}),
    }
    snapshot = type("S", (), {"sha256": "a" * 64})()
    monkeypatch.setattr(command, "open_snapshot", lambda _: snapshot)
    monkeypatch.setattr(command, "read_table", lambda _, name, columns=None: tables[name])
    assert command.counted(snapshot, "contacts", ("901", "902", "903")) == {"901": 1, "902": 1, "903": 0}
    assert command.main([]) == 0
    said = capsys.readouterr().out
    assert "clients_with_contacts (95 of 100 within 6): 901 " in said
    assert "Left of the privacy budget of" in said
    told = json.loads((published_folder(Workspace.of("var"), "a" * 64) / PRIVATE_COUNTS).read_text())
    assert [one["id"] for one in told["tables"]] == ["clients_with_contacts", "clients_with_care_plans"]
    assert all(count >= 0 for one in told["tables"] for count in one["cells"].values())
    assert load_config(command.DEFAULT, command.PrivateCountsConfig).per_year == "2"
