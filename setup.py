"""For tools that ask for this file (`scrapyd-deploy` does); everything is said in pyproject.toml."""

from setuptools import setup

setup()
