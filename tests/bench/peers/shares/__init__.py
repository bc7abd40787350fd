"""Other ways to the contributions of many rows, each written to win: what the bulk explanation is measured against.

A module offers `explain(learner, rows)` for every learner, or `explain_trees(trees, rows)`; (base, rows x features).
"""
