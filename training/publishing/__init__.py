"""The end of a training run, from its leak alarm to its registered version."""
