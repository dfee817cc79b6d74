"""Pagination strategies: which page of a listing comes next, and when its end is proven."""
