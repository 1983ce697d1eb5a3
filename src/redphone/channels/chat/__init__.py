"""Emergency chat: words typed into a page of ours, or into a vendor's by our script."""
