"""What learns: boosted trees, logistic regression, and the calibration that is served."""
