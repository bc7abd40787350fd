"""What a county can change without code: one strict YAML per subject, and the one loader."""
