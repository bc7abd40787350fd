"""Who lives in the county, what is so of them month by month, and what they would use."""
