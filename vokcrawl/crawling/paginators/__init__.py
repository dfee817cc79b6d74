"""Pagination strategies: how a listing goes on from one page to the next, and when its end is proven."""
