"""What the shipped catalogue of sentences says of one family."""

from models.explaining.wording.sentences import load_sentences, reason_sentence

PATH = "configs/sentences.yaml"
CATALOGUE = load_sentences(PATH)
NAME = {"fi": "Fysioterapia", "sv": "Fysioterapi", "en": "Physiotherapy"}
DAY = "2026-04-03"


def said(family, value, usual=None, window=None, code=None, date=None, backwards=False):
    return reason_sentence(CATALOGUE, family, NAME, value, usual, window, code, date, backwards)
