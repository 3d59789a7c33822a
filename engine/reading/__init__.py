"""What the model reads of a text before a deadline, and what is kept of it for the next request."""
