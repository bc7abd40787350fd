"""Contributions of many rows at once, for reports: LightGBM's own numbers, many times faster.

Nothing here answers about one client: every served answer asks LightGBM itself.
"""

from models.explaining.bulk.explainer import BulkExplainer, bulk_contributions, bulk_explained

__all__ = ["BulkExplainer", "bulk_contributions", "bulk_explained"]
