"""The door in front of everything: what BentoML does not check is checked here, once, for the API and the pages."""
