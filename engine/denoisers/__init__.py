"""One file per backend or family, behind the protocol of ``protocol.py``."""
