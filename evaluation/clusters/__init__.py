"""Are there clients whom no segment describes?"""
