"""What a need task is worth: every figure with its interval, its baseline beside it, and small groups hidden."""
