"""What lies around the open documents: ignored files, an index of names, texts of other files."""
