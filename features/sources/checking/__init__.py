"""What a row of one delivery may say: its codes, its texts, its time and its mapping's time."""
