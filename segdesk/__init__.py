"""SegDesk: segment folders of pictures, correct the masks, export them and prove their quality."""

__version__ = "0.1.0"
