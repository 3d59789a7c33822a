"""The numbers that are published: holes with known contents, filled and compared."""
