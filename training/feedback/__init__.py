"""What became of the service's answers: joined with decisions and outcomes when the horizon has passed."""
