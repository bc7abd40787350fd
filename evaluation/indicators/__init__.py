"""The indicators of the county plans: coded definitions, values with intervals and trends, by area and county."""
