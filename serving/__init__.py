"""One BentoML service: API, pages, access, decision log, audit log."""
