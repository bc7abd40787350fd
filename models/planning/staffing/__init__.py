"""From hours, calls and chats to people: full-time equivalents, Erlang C, and pools for a service level."""
