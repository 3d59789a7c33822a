"""Which places become holes, and what stands there until they are filled: what `mask_plan` asks."""
