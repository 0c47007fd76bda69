"""Whether nothing is lost and nothing doubled, whatever happens to engine, disk and files."""
