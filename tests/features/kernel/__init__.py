"""Tests of the kernel and its catalogue, against tables drawn by hand, the reference and replays."""
