"""The few React pieces that cannot be server state, each wrapped once."""
