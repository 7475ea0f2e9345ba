"""The door: HTTP, CLI and wiring. Decides nothing."""
