"""Declared feature families: the catalogue, its checks, the columns it yields and the codes it knows."""

from features.catalogue.catalogue import Catalogue, VocabularyRule, load_catalogue
from features.catalogue.families import Words

__all__ = ["Catalogue", "VocabularyRule", "Words", "load_catalogue"]
