"""The output directory: data files, partial files, manifests, state."""
