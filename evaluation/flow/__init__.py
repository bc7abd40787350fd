"""How good a flow forecast is."""
