"""Code actions: one file per provider, listed in ``registry``."""
