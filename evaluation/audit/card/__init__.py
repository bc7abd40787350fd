"""The short papers about a model: model card, risk register, people-impact assessment, and who signed it."""
