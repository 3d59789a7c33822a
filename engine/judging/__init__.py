"""What becomes of a filled canvas: mended, scored, checked, shown or refused."""
