"""The numbered items of the hardening list: each has a test whose name carries its number (docs/hardening.md)."""
