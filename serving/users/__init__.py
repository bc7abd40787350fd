"""Who is asking: development users, sessions of the pages, development tokens of the API, handles of clients."""
