"""The parts of a need training: who is labelled, which rows are learned from, what is stored and told."""
