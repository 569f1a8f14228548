"""The files for the tax office: what stands in them, and how they are written."""
