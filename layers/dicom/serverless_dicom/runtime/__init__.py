"""What the handlers stand on: settings, clients, events, logs."""
