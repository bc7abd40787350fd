"""What if: scenarios read from YAML or JSON, applied to a forecast at its lowest level, and compared."""
