"""One file for each wire format: what is sent, and how the answer is read."""
