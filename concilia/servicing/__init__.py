"""Use cases inside the hub: several repositories, one transaction, no outside system."""
