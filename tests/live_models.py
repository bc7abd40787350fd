"""A small live demand model and a service chain for the service's tests: computed for real, fitted in no time."""

from types import SimpleNamespace

import lightgbm
import numpy as np
import pandas as pd

from configs.errors import ModelError
from models.answers import ModelStamp
from models.demand.model import DemandModel
from models.flow.whatif import WhatIf
from serving.planning.live import LiveDemand
from tests.demand_data import contact_config
from tests.pages.chains import flow_picture

STAMP = ModelStamp("demand_home_care_weekly", "3", "ab" * 32, "2024-12-31", "2025-01-01")


def small_demand() -> LiveDemand:
    """Two areas, visits and hours, three bands; every series repeats last year's mean with a flat interval."""
    return LiveDemand(STAMP.name, STAMP, demand_model())
