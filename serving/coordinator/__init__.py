"""What the coordinator's pages are told beside the answers: the work list, the file, the letter, the own view first."""
