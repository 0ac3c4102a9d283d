"""``python -m orchestrator …`` is ``visavis …``."""

from orchestrator.cli import app

if __name__ == "__main__":
    app(prog_name="visavis")
