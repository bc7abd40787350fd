"""What leaves the store for other tools, each in that tool's own form."""
