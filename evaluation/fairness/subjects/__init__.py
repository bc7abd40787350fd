"""What else is compared by group than likelihoods: waiting, service at true need, the recording instance in a score."""
