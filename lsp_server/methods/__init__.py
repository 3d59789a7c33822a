"""One file per method of the protocol, named by it."""
