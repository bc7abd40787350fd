"""A small booster and the files of its bundle."""

import lightgbm
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.bundles.golden import draw_rows, with_golden
from models.bundles.verify import BareBooster

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = [KEY.public_key()]


def trained() -> tuple[lightgbm.Booster, np.ndarray]:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(300, 4)).astype(np.float32)
    rows[::7, 2] = np.nan
    settings = {"objective": "binary", "num_threads": 1, "verbosity": -1, "seed": 1, "deterministic": True}
    return lightgbm.train(settings, lightgbm.Dataset(rows, (rows[:, 0] > 0).astype(int)), 8), rows


def model_files(booster: lightgbm.Booster, rows: np.ndarray, **more: bytes) -> dict[str, bytes]:
    synthetic = draw_rows(rows, count=8, seed=3)
    outputs = BareBooster(booster).golden_outputs(synthetic)
    files = {"booster.txt": booster.model_to_string().encode(), **more}
    return with_golden(files, ["a", "b", "c", "d"], synthetic, outputs, seed=3)
