"""`python -m evaluation.planning`: scenarios, staffing and channels of a registered demand forecast, as files."""
