"""The web pages: what a browser shows of the service."""
