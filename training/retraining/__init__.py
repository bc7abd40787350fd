"""What makes a retraining one act: it goes on after a kill, and it ends with a report."""
