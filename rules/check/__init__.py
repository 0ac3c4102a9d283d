"""Checking a policy beyond what it takes to run it: what each finding means, and what does not fit together."""
