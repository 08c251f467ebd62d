"""The sub-commands of ``cloudmamba``, one module each.

A command module has ``HELP`` (one line), ``add_arguments(parser)`` and
``run(arguments) -> int`` (the exit status). Heavy imports belong inside ``run``, so
that ``cloudmamba --help`` and the worker's start stay fast.
"""
