"""Adapters: the outside world behind the ports of `orchestrator.application.ports`."""
