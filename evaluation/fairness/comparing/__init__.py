"""Groups beside everybody else: figures, draws of clients, judgement, and the lines of a table."""
