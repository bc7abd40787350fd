"""What followed: by who guided, and visits around a plan."""
