"""The lifecycle of a policy revision: drafts, gates, activations, and how every process comes to use the newest one."""
