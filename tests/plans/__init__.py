"""Which rows of the county plans a test holds: `@covers("002-A5")`."""

import pytest

covers = pytest.mark.covers
