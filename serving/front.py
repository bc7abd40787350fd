"""What `python -m serving.serve` hands to BentoML: to a worker the whole service, to their supervisor only its frame.

The supervisor counts workers, opens the port and starts them anew; it answers nothing itself, so it does not load
LightGBM, the registers' readers or the pages.  `serving.service:Luotain` is always whole: `bentoml build` reads that.
"""

import os

os.environ["BENTOML_DO_NOT_TRACK"] = "True"  # before the import: BentoML asks once

from typing import Any

import bentoml

from serving.settings import load_settings
from serving.starting import SUPERVISED, worker_options


def _front() -> Any:
    if os.environ.get(SUPERVISED) != "1" or bentoml.server_context.worker_index is not None:
        from serving.service import Luotain as whole

        return whole

    class Luotain:
        """The frame: a name, and how many workers."""

    return bentoml.service(**worker_options(load_settings()))(Luotain)


Luotain = _front()
