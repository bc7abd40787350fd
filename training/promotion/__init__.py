"""How a candidate becomes what answers: comparison with the champion, gates, waivers, and the act itself."""
