"""What a caller posts: shape, faults, normal form, and the receipt it means."""
