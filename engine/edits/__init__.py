"""Changes of several places: where they are, found by analysis, and what they become."""
