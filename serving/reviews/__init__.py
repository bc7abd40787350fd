"""The random sample of clients whom no list selected: somebody looks at some of them, and what is found is counted."""
