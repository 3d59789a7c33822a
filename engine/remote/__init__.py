"""Other machines' models: asked only when the user named one, and never waited for too long."""
