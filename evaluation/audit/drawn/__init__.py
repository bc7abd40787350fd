"""The clients behind the figures of explanations: a stratified sample of those about whom the model answers."""
