"""Renders listings with a Splash server. Only `result` and `errors` are imported unless `SPLASH_URL` is set."""
