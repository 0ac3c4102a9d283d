"""What is different between two policies, in words: `rules.diff.difference.diff`."""
