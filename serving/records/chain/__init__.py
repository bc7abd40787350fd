"""The hash chain of the logs, its signed checkpoints and their witness."""
