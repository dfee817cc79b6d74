"""Shared by Splash and Chromium: the functions that run in a page, the result of a step, and its failures."""
