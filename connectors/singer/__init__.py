"""The Singer protocol in both directions: what `singer_tap` and `singer_target` are made of. No connector by itself.

Taps and targets are programs of others, each in an environment of its own; nothing of them is ever imported.
"""
