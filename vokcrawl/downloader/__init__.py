"""How requests go out and answers come in: slots, middlewares, capture of raw traffic, browser rendering."""
