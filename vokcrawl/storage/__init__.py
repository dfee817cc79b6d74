"""The output folder: data files, partial files, manifests, state."""
