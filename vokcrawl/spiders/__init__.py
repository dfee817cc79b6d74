"""Spiders connect pages, walk and memory; they hold no parsing of their own."""
