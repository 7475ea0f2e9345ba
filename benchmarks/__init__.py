"""Reproducible measurements and the portfolios they run on. Imported by nothing in the product."""
