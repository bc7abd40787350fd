"""What a model looks at, and whether its explanations are true: figures of a stratified sample, with standard errors."""
