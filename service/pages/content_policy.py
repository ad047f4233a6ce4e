"""What a page's browser may load: this site, and nothing else but the hosts that are named."""


def content_policy(*image_hosts: str) -> str:
    """Return the Content-Security-Policy of an answer."""
    named = "".join(f" {host}" for host in image_hosts)
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src 'self' data: blob:{named}; connect-src 'self'{named}; font-src 'self'; "
        "worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
