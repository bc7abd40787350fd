"""Declared rules over a client's history: client flow, need duration, target groups and alerts, with their evidence."""
