"""Work that is done before the first question: the kernel's plan of each model, and what it asks of all words."""

from collections.abc import Iterable

import numpy as np

from features.kernel import build_features
from serving.engine.registers import Registers
from serving.engine.shelf import LiveModel

SOME = 50
"""Clients whose rows are built: enough to have met every table and filter."""


def warm(
    registers: Registers | None, lives: Iterable[LiveModel], warmed: frozenset[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Build some rows for every model of clients; what is in `warmed` is not done again.

    What is warm afterwards: `warmed` itself when nothing is new.
    """
    if registers is None or registers.packed is None:
        return warmed
    asked = {(registers.snapshot.sha256, live.chosen.sha256): live.model for live in lives}
    of_clients = {key: model for key, model in asked.items() if hasattr(model, "vocabulary")}
    as_of = np.array([registers.stamp.as_of], "datetime64[D]")
    for key in of_clients.keys() - warmed:
        for client_id in registers.packed.ids[:SOME]:
            model, tables = of_clients[key], registers.packed.client(client_id)
            build_features(tables, np.array([client_id], object), as_of, model.catalogue, model.vocabulary)
    return warmed if of_clients.keys() == warmed else frozenset(of_clients)
