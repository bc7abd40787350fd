"""Who lives where, who is known, and who will come, counted bucket by bucket."""
