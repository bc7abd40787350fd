"""What a report is held against: the evidence it has, the coverage matrix, the verdict."""
