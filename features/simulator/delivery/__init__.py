"""What the registers hold of it, and the files in which they deliver it."""
