"""A pytest plugin of `make prove`: prints which proof each collected test belongs to."""

import pytest


def pytest_collection_finish(session: pytest.Session) -> None:
    for item in session.items:
        for mark in item.iter_markers("proof"):
            print(f"proof\t{mark.args[0]}\t{item.nodeid}")
