"""`bentoml serve tests.fake_service:Luotain`: the whole service over the fake engine, for tests of its processes.

`SLOW` in the environment names a file: while it is there, an answer takes a second longer.
"""

import os
import time
from pathlib import Path

from serving.house import build_house
from serving.service import service_of
from tests.fake_engine import FakeEngine
from tests.serving_parts import SETTINGS


class SlowEngine(FakeEngine):
    """Slow on demand."""

    def open(self, client_id):
        if Path(os.environ["SLOW"]).exists():
            time.sleep(1)
        return super().open(client_id)


Luotain = service_of(build_house(SETTINGS.model_copy(update={"workers": 2, "threads": 4}), SlowEngine()))
