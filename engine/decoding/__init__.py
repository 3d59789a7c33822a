"""What the `sampler` does at every step: predict, look up, verify, commit, obey."""
