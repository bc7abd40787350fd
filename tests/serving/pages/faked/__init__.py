"""A service core that answers the pages from made-up people, for tests and for screenshots."""
