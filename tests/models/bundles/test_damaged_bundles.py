"""Damaged bundles of every kind of model: none is ever served, whoever signed it, and the last good one stays live.

Half of them carry the signature of before, as after a fault of a disk; half a manifest and signature made anew with the
trusted key, as after a careless script, so that only parsing in a child, the golden rows and the sums beside them are
left.  `make prove` damages 500; the table of the barriers is printed, and kept in docs/proofs.json.
"""

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from configs.workspace import Workspace
from models.bundles.bundle import write_bundle
from models.bundles.golden import draw_rows, with_golden
from models.bundles.signing import load_or_create_signing_key, trusted_keys
from models.bundles.together import good_bundles
from serving.engine import shelf as shelf_module
from serving.engine.shelf import Shelf
from tests.counts import count, note
from tests.damage import damaged
from tests.models.bundles.small_bundle import model_files, trained
from tests.models.client_case import draw
from tests.models.demand.test_demand import training_rows
from tests.models.segments.test_segmentation import SCHEME
from tests.models.segments.test_segmentation import trained as segmentation
from tests.serving.clients.test_serving_features import need_files
from tests.serving.fake_registry import Registry
from tests.serving.live_models import demand_model

BARRIERS = (
    ("signature", "signature was not made"),
    ("sums in the manifest", "is refused:"),
    ("golden rows", "golden rows ("),
    ("sums in the golden file", "golden rows were computed with"),
    ("registered hash", "not the registered one"),
    ("death of the child", "ended in SIG", "did not end"),
    ("parsing in the child", ""),  # whatever else was said
)
TOGETHER = 25
PER_KIND = 25  # fewer than this: of one kind only
SIGNED = ("as signed", "signed anew")


def segmentation_files():
    model = segmentation(draw(400), SCHEME)
    rows = draw_rows(draw(400), 8)
    return with_golden(model.to_files(), model.parts.feature_names, rows, model.golden_outputs(rows))


def demand_files():
    model = demand_model()
    rows = draw_rows(training_rows(model), 8)
    names = [f"feature_{index}" for index in range(rows.shape[1])]
    return with_golden(model.to_files(), names, rows, model.golden_outputs(rows))


KINDS = {
    "booster": lambda: model_files(*trained()),
    "need": need_files,
    "segmentation": segmentation_files,
    "demand": demand_files,
}


@dataclass
class Served:
    """A shelf on which one good model of a kind is live."""

    kind: str
    workspace: Workspace
    registry: Registry
    shelf: Shelf
    files: dict[str, bytes]
    made: int = 1

    def promoted(self, files: dict[str, bytes], anew: bool) -> Path:
        """The folder of a new champion: its files as they are, or with a manifest and signature made anew."""
        self.made += 1
        folder = self.workspace.root / f"registered-{self.made}"
        sha256 = f"{self.made:064x}"
        if anew:
            key = load_or_create_signing_key(self.workspace.keys)
            sha256 = write_bundle(folder, self.kind, files, key)
        else:
            write_raw(folder, files)
        self.registry.add(self.kind, str(self.made), folder, sha256)
        return folder

    def refused(self) -> str:
        """What is said of the champion; the first version is live all the while."""
        self.shelf.refresh()
        live = self.shelf.get(self.kind)
        assert live is not None, (self.kind, self.made)
        assert live.chosen.version == "1", (self.kind, self.made)
        return self.shelf.faults[self.kind]


def write_raw(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def served_of(kind: str, root: Path, patch: pytest.MonkeyPatch) -> Served:
    workspace, registry = Workspace(root), Registry()
    patch.setattr(shelf_module, "connect", lambda _workspace: registry)
    served = Served(kind, workspace, registry, Shelf(workspace, (kind,)), KINDS[kind](), made=0)
    served.promoted(served.files, anew=True)
    served.shelf.refresh()
    assert served.shelf.get(kind) is not None, served.shelf.faults
    return served


def barrier(said: str) -> str:
    return next(name for name, *words in BARRIERS if any(word in said for word in words))


def damage_all(served: Served, each: int, chance: random.Random) -> dict[str, Counter[str]]:
    """Damage `each` bundles of a kind, every second one signed anew; which barrier refused how many."""
    good = {file.name: file.read_bytes() for file in (served.workspace.root / "registered-1").iterdir()}
    caught: dict[str, Counter[str]] = {name: Counter() for name in SIGNED}
    signed_anew = []
    for number in range(each):
        anew = number % 2 == 1
        folder = served.promoted(damaged(served.files if anew else good, chance)[1], anew)
        caught[SIGNED[anew]][barrier(served.refused())] += 1
        signed_anew += [folder] if anew else []
    keys = trusted_keys(served.workspace.keys)
    for start in range(0, len(signed_anew), TOGETHER):
        assert good_bundles(signed_anew[start : start + TOGETHER], keys) == {}
    return caught


def table(caught: dict[str, Counter[str]]) -> str:
    """The share of each barrier."""
    lines = [f"\n{'refused by':<26}" + "".join(f"{name:>16}" for name in caught)]
    for name, *_ in BARRIERS:
        shares = (f"{found[name]:>8,} {found[name] / found.total():>6.1%} " for found in caught.values())
        lines.append(f"{name:<26}" + "".join(shares))
    return "\n".join(lines)


@pytest.mark.proof("damaged_bundles")
def test_F2_F3_no_damaged_bundle_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = count("damaged_bundles", small=6, full=500)
    kinds = list(KINDS)[: max(1, wanted // PER_KIND)]
    each = wanted // len(kinds)
    caught: dict[str, Counter[str]] = {name: Counter() for name in SIGNED}
    for place, kind in enumerate(kinds):
        found = damage_all(served_of(kind, tmp_path / kind, monkeypatch), each, random.Random(place))
        for name in SIGNED:
            caught[name] += found[name]
    for name, found in caught.items():
        for by, times in found.items():
            note(f"damaged_{name}_refused_by_{by}".replace(" ", "_"), times)
    with capsys.disabled():
        print(table(caught))
    assert [found.total() for found in caught.values()] == [(each - each // 2) * len(kinds), each // 2 * len(kinds)]
