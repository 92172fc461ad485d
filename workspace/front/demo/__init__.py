"""What the demo consists of, as plain data. Every person and every event in it is invented."""
