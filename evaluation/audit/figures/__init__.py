"""What is measured of a model: from stored predictions, from the sample, from a back-test."""
