"""How clients move: arrivals, chances of leaving a stage, and drawn futures."""
