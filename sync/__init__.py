"""The play: pull, resolve, push, and the verbs offered upward."""
