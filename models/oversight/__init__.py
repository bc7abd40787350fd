"""What an auditor is told of a model: may it be used, and where it is weakest.  Pure functions over stored facts."""
