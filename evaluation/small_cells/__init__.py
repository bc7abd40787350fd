"""Small cells: what is hidden, how a table is released, how it is attacked, and what was released before."""
