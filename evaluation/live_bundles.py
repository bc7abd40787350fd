"""The bundles of several registered versions, verified as serving does: one child process checks them all."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from configs.workspace import Workspace
from models.bundles.bundle import Bundle, read_bundle
from models.bundles.signing import trusted_keys
from models.bundles.together import good_bundles
from models.bundles.verify import verify_bundle
from models.registry import RegisteredBundle, Registry


def verified(workspace: Workspace, registry: Registry, versions: Sequence[RegisteredBundle]) -> dict[str, Bundle]:
    """Each version's bundle by registered name.  Raises ModelError for the first that is refused.

    The same barriers as `verify_bundle`, but LightGBM is loaded once for all of them instead of once for each.
    """
    if not versions:
        return {}
    keys = trusted_keys(workspace.keys)
    with tempfile.TemporaryDirectory() as folder:
        places = {one.name: registry.fetch(one.name, one.version, Path(folder) / one.name) for one in versions}
        good = good_bundles(list(places.values()), keys)
        return {name: _read(place, keys, good.get(place, "")) for name, place in places.items()}


def _read(place: Path, keys: Sequence[Ed25519PublicKey], confirmed: str) -> Bundle:
    bundle = read_bundle(place, keys)
    return bundle if bundle.sha256 == confirmed else verify_bundle(place, keys)  # which says why it is refused
