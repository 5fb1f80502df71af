"""SEC: what lets others read what they should not, or run what they like."""
