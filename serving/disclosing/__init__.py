"""What a client is told of the log about herself (client-data act 703/2023 § 11)."""
