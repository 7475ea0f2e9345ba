"""Raw text to canonical form and verdict, the same for imports, API and forms. No look-ups, no matching, no clock."""
