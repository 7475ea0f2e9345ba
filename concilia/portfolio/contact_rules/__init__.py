"""Contact rules as data: what the laws of each country allow, and what a workspace adds. No storage, no clock.

This is no legal advice: every number names its source and the day by which somebody has to look at it again.
"""
