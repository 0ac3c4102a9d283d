"""Stand-ins for what must answer badly on purpose, and a clock that only moves when a test says so."""
