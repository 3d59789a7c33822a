"""The engine over HTTP, in the protocols that clients already speak. Needs ``midfill[serve]``."""
