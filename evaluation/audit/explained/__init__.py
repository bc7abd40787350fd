"""What a model looks at, and whether its explanations are true: a stratified sample with errors."""
