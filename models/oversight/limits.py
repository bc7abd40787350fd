"""The lines that a model's figures are held against, named once for the audit report and the auditor's first screen."""

ADDITIVITY = 1e-9  # log-odds; architecture §6
AGREEMENT = 1e-6  # log-odds
WIDE_SLOPE, NARROW_SLOPE = (0.7, 1.4), (0.8, 1.25)
"""Calibration slope: outside the wide one a model is not used, outside the narrow one with care."""
OBSERVED_TO_EXPECTED = (0.8, 1.25)
"""Outcomes seen per outcome expected: outside this it is said."""
FEW_EVENTS = 200
"""Below this a calibration curve is guesswork (Van Calster et al. 2016, J. Clin. Epidemiol. 74:167)."""
WEAK_AUROC = 0.7
GROUP_GAP = 0.05  # AUROC
COVERAGE_SLACK = 0.05
"""How far the share of values inside an interval may lie from the share promised (own assumption)."""
OLD_DAYS, TOO_OLD_DAYS = 183, 365
"""Days from the end of a model's training data to today: half a year with care, a year is too old (own assumption;
a frozen SPARRAv4 fell from .789 to .760 AUROC in two years)."""
