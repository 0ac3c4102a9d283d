"""``visavis demo-load``: simulated visitors and agents who use the interface like everybody else, and keep score.

A client only: it knows the service by its addresses and sockets (docs/api.md) and imports nothing of it. What it
judges, it judges from the outside, from what the simulated people were told.
"""
