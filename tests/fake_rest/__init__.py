"""Small systems that speak REST as their documentation says, on a port of this machine. Never built from our client."""
