"""The ground floor: the language of the hub, its rules and its store."""
