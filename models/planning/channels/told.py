"""What a client's answer tells of channels: the written rules over what everybody who sees the answer may be told."""

import math

import numpy as np

from models.parts import ClientParts
from models.planning.channels.suitability import ChannelAnswer, channel_suitability
from models.planning.channels.suitability_config import SuitabilityRules


def channels_told(rules: SuitabilityRules, parts: ClientParts, row: np.ndarray) -> ChannelAnswer:
    """How each channel suits the client of a whole row.

    A rule that reads a sensitive family finds nothing known: what only some roles are told is never a reason here, and
    a digital channel that hangs on it is not offered.
    """
    values = parts.by_name(row)
    wanted = {sign.feature for one in rules.channels.values() for sign in (*one.speaks_for, *one.excludes)}
    told = {spec.name for spec in parts.specs if parts.catalogue.family(spec.family).sensitivity == "normal"}
    return channel_suitability(
        rules, {name: values.get(name, math.nan) if name in told else math.nan for name in wanted}
    )
