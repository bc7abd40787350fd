"""How good are the registers themselves?  Counted from the store, per source instance and unit."""
