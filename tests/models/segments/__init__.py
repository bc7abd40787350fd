"""Tests of the segmentation model and its scheme."""
