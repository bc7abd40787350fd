"""What a fitted model is: fit, predict, explain, compute.  No clock, no network."""
