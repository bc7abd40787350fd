"""Why the county's clients are in need: reasons of whole groups, never of a client."""
