"""Counts for publication with noise instead of hidden cells, and the budget that ends them."""
