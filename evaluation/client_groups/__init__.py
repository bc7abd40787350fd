"""How many clients each customership group has, by area and age band, and who has had no event: groups only."""
