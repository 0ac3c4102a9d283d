"""Connected bots over HTTP: the wire, its limits, and a watch over bots that misbehave."""
