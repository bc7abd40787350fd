"""Around the training of a scheme: its settings, labels, weights, segment sets, comparisons, and what is printed."""
