"""What is computed from a hold-out's stored predictions, by group and with intervals."""
