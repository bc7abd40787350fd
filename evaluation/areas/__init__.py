"""How many people of each area will need a service: the clients known today and a forecast of those not yet known."""
