"""What analysis knows of the line at the cursor: what nothing declares, and what nothing uses."""
