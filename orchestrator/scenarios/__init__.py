"""Scenarios: what a policy is meant to do, told step by step beside it, and played through the production decision."""
