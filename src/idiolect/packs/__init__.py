"""Packs that come with idiolect; loaded through the entry-point group like anybody's."""
