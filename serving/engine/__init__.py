"""The answering part of the service: one snapshot of the registers, the live models, and nothing about who asks."""
