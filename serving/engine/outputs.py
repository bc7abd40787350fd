"""The estimates that a client model gives, by id, and the line that "what would change it" asks about."""

import math
from collections.abc import Mapping

from models.answers import Likelihood
from models.learners.binary import BinaryModel
from models.needs.need import NeedModel
from models.segments.segmentation import SegmentationModel, output_id

EVEN = 0.5
"""The line of an axis: on the other side the next level is the more probable one."""


def outputs_of(model: SegmentationModel | NeedModel) -> Mapping[str, BinaryModel]:
    """Every explained probability of a model by the id that its answers carry."""
    if isinstance(model, SegmentationModel):
        return {output_id(axis.axis, level): one for axis in model.axes for level, one in axis.steps}
    return model.outputs


def line_of(model: SegmentationModel | NeedModel, shown: Likelihood) -> float:
    """The probability asked about: even for an axis; for a need, which is rarer, where everyone starts from."""
    return EVEN if isinstance(model, SegmentationModel) else 1 / (1 + math.exp(-shown.base))
