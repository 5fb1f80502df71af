"""Ratios against peers and floors, measured in pairs in one run: `python -m bench [NAME…]`."""
