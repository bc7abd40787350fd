"""The store as a data set of the Medical Event Data Standard (MEDS)."""
