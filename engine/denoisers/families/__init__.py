"""Families of diffusion models that people publish: what each needs beyond stock layers.

One file a family; ``catalogue`` lists them and finds a checkpoint's.
"""
