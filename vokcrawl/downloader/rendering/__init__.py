"""What Splash and Chromium have in common: the functions that run in a page, the result of a step, and its failures."""
