"""What a curve is like, found by interval arithmetic: zeros, extremes, ends, words for it."""
