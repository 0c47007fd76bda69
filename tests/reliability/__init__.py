"""Whether nothing is lost and nothing counted twice, whatever happens to the engine, the disk and the files."""
