"""Models against true need: only a simulated county knows it.  What is truly so, who is answered about, the table."""
