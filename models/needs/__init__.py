"""Need tasks and what their models say of one client."""
