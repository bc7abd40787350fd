"""A transparent world of daily home-care visits whose conditional mean can be computed."""
