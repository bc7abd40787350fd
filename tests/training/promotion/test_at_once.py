"""F16: two processes promote at once; one wins, the other is told in one sentence, and the ledger stays whole."""

from configs.workspace import Workspace
from models.registry import connect
from tests.training.promotion.worker import Worker
from tests.training.promotion.world import NEED
from training.promotion.ledger import open_ledger


def test_F16_of_two_processes_that_promote_at_once_one_wins_and_the_other_is_told(
    worker: Worker, place: Workspace
) -> None:
    # Both have judged the same candidate against the same champion before either writes.
    assert sorted(worker.both(place.root)) == [0, 5]
    said = (place.root / "said.txt").read_text()
    assert f"Another promotion of {NEED} was written first. Look at what is live now and run promote again." in said
    assert f"{NEED}: version 1 is live now." in said
    (entry,) = open_ledger(place).entries()
    assert entry.entry["why"] in ("first", "second")
    assert open_ledger(place).verify() is None
    champion = connect(place).champion(NEED)
    assert champion is not None
    assert champion.version == "1"
