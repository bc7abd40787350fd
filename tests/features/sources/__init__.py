"""Sources that are not plain files: databases, OMOP, MEDS."""
