"""Real servers for the tests: PostgreSQL and NATS, from wheels, on loopback, ended with the tests."""
