"""What each address does: plain functions from a Page to a response."""
