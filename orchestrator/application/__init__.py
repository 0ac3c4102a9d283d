"""Use cases: what the outside world may ask for, each in one transaction around the pure core."""
