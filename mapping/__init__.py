"""Shape to shape, pure: source columns to canonical entities."""
