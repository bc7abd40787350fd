"""Which rows of the county plans a test holds: `@covers("002-A5")`; `county=True` where it runs on a simulated one."""

import pytest

covers = pytest.mark.covers
