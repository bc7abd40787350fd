"""Planning as sheets: what goes out to Excel and CSV, and scenarios and overrides that come in."""
