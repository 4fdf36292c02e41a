"""What can go wrong on this machine, each with what to do next.

LocalError
├── NotInstalledError        a part of .venv is missing
├── PortTakenError           the port that was asked for is in use
├── AlreadyUpError           up with other options than those asked for now
├── BusyError                another `up` or `down` is at work
├── NotUpError               nothing is up
├── ProcessDiedError         a background process ended by itself
└── DeploymentFailedError    `sam build` or `sam deploy` failed
"""


class LocalError(Exception):
    """Something a person has to see: `str(error)` says what happened and what to do, in one or two sentences."""


class NotInstalledError(LocalError):
    """A part of the project's environments is missing."""


class PortTakenError(LocalError):
    """The port that was asked for is in use."""


class AlreadyUpError(LocalError):
    """The stack is up with other options."""


class BusyError(LocalError):
    """Another command is starting or stopping the stack."""


class NotUpError(LocalError):
    """There is no stack to speak of."""


class ProcessDiedError(LocalError):
    """A background process ended by itself, or does not answer."""


class DeploymentFailedError(LocalError):
    """SAM refused to build or to deploy."""
