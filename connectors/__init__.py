"""Speaking to systems: one contract, one folder a system."""
