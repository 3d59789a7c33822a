"""The whole recipe: corpus, examples, corruption, training, export. Needs ``midfill[train]``."""
