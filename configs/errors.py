"""The one family of errors that a user can cause and can mend.

Each message is one sentence: what was found, what is allowed, what to type.
No message ever holds a client's value.
"""


class LuotainError(Exception):
    """A fault the user can mend.  `exit_code` is what the command returns to the shell."""

    exit_code = 1


class ConfigError(LuotainError):
    """A setting is missing, unknown or out of range."""

    exit_code = 2


class DataError(LuotainError):
    """A file or table is missing, damaged or not what its description says."""

    exit_code = 3


class ModelError(LuotainError):
    """A model is missing, damaged, over-age or does not fit the features."""

    exit_code = 4


class GateError(LuotainError):
    """A candidate was refused: not good enough to be promoted, or a feature knows the answer (leak alarm)."""

    exit_code = 5


class AccessError(LuotainError):
    """The user may not do this."""

    exit_code = 6


class NothingYetError(LuotainError):
    """What a report tells of has not happened yet: no fault, and nothing is published.  A retraining goes on."""

    exit_code = 11
