"""The commands of ``visavis``, one module each; `orchestrator.cli` puts them together."""
