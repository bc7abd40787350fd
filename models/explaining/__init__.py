"""Why: contributions by family, what is usual, and sentences in three languages."""
