"""The segmentation model with its scheme, and what is said before and beside it."""
