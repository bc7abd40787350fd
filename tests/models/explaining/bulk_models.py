"""Small LightGBM models of many kinds, and rows that are awkward to read."""

import lightgbm
import numpy as np

FEATURES = 6
ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-30, 3e38, -3e38, 2.0, 2.0000002)


def drawn(rows: int, seed: int) -> np.ndarray:
    """Counts, signed numbers, a constant column, one that is never unknown, one nearly always unknown."""
    rng = np.random.default_rng(seed)
    columns = [
        rng.poisson(1.5, rows),
        rng.normal(size=rows),
        np.full(rows, 3.0),
        rng.integers(-2, 3, rows),
        rng.exponential(size=rows),
        rng.normal(size=rows),
    ]
    drawn = np.column_stack(columns).astype(np.float32)
    for column, share in ((0, 0.2), (1, 0.4), (4, 0.1), (5, 0.9)):
        drawn[rng.random(rows) < share, column] = np.nan
    return drawn


def odd_rows(rows: int, seed: int) -> np.ndarray:
    """Rows of which a third of the cells hold a value that is easily read wrongly."""
    rng = np.random.default_rng(seed)
    values = drawn(rows, seed)
    odd = rng.random(values.shape) < 1 / 3
    values[odd] = rng.choice(np.array(ODD, np.float32), odd.sum())
    return values


def edge_rows(text: str, rows: int, seed: int) -> np.ndarray:
    """Rows of which half of the cells lie as near to a threshold of the model as float32 can, on either side."""
    rng = np.random.default_rng(seed)
    values = drawn(rows, seed)
    features, edges = (_numbers(text, name) for name in ("split_feature", "threshold"))
    for feature in np.unique(features).astype(int):
        near = np.clip(edges[features == feature], -3e38, 3e38).astype(np.float32)
        near = np.concatenate([near, np.nextafter(near, np.float32(-np.inf)), np.nextafter(near, np.float32(np.inf))])
        chosen = rng.random(rows) < 1 / 2
        values[chosen, feature] = rng.choice(near, chosen.sum())
    return values


def _numbers(text: str, name: str) -> np.ndarray:
    lines = [line.removeprefix(f"{name}=") for line in text.splitlines() if line.startswith(f"{name}=")]
    return np.array(" ".join(lines).split(), np.float64)


def grown(seed: int, trees: int = 12, features: int = FEATURES, rows: int = 800, **parameters: object) -> str:
    """The text of a model that has learned from the first columns."""
    values = drawn(rows, seed)
    rng = np.random.default_rng(seed)
    known = np.nan_to_num(values.astype(np.float64))
    score = known[:, 0] * (known[:, 3] > 0) + known[:, 1] - np.isnan(values[:, 4]) + known[:, 4] * known[:, 1]
    labels = (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(np.float32)
    asked = {"objective": "binary", "min_data_in_leaf": 5, "num_threads": 1, "verbose": -1, "seed": seed, **parameters}
    data = lightgbm.Dataset(np.ascontiguousarray(values[:, :features]), labels, params={"verbose": -1, **asked})
    return str(lightgbm.train(asked, data, trees).model_to_string())


HAND_WRITTEN = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=first second
feature_infos=[0:10] [0:10]
tree_sizes=427

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=1 1
threshold=1.5 4.5
decision_type=10 8
left_child=1 -1
right_child=-2 -3
leaf_value=8 -4 2
leaf_weight=1 1 1
leaf_count=30 20 50
internal_value=0 0
internal_weight=0 0
internal_count=100 80
is_linear=0
shrinkage=1


end of trees

feature_importances:

parameters:
end of parameters

pandas_categorical:null
"""
"""first <= 1.5 (80 rows of 100; unknown left) -> second <= 4.5 (30 of 80; unknown right) -> 8, else 2; otherwise -4."""
