"""Rasa's command line, started the quick way: ``python rasa_main.py run …`` instead of ``rasa run …``."""

import os

# Before anything of Rasa or TensorFlow is imported, because both read these at import time.
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Imported after TensorFlow, skops takes 7 seconds longer to import.
import skops.io  # noqa: F401
from rasa.__main__ import main

if __name__ == "__main__":
    main()
