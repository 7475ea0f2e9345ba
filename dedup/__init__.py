"""Who is who, pure: persistence is passed in."""
