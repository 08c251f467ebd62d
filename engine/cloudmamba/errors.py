"""Errors a person can act on: one clear sentence, a stable code and an exit status."""


class CloudMambaError(Exception):
    """Base of all errors that are reported as one sentence instead of a traceback.

    ``code`` is stable and travels in the worker protocol; ``exit_status`` is the
    exit status of the command line.
    """

    code = "failed"
    exit_status = 1


class InputError(CloudMambaError):
    """The image, its bands, its values or another input cannot be used."""

    code = "bad-input"
    exit_status = 3


class InterpretationError(InputError):
    """Which band is which, or what the numbers are, is unknown or does not fit the image.

    To say it helps, unlike with a damaged file.
    """

    code = "bad-interpretation"


class OutputError(CloudMambaError):
    """A result cannot be written where it was asked for."""

    code = "bad-output"
    exit_status = 4


class ModelError(CloudMambaError):
    """The weights file is missing, damaged or not a CloudMamba model."""

    code = "bad-model"
    exit_status = 5


class DeviceError(CloudMambaError):
    """The device asked for does not exist or ran out of memory."""

    code = "bad-device"
    exit_status = 6


class Cancelled(CloudMambaError):
    """The run was cancelled on request; nothing was written."""

    code = "cancelled"
    exit_status = 130
