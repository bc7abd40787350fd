"""From the bytes of a delivered file to cells: in pieces, so that memory does not grow with the file."""
