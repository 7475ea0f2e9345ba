"""A small Salesforce of ours, written from the vendor's REST API guide and from no client: see org.py and server.py."""
