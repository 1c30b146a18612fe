"""What a run of new_release.py cannot go on without: said in one sentence, with what to do."""


class Refused(Exception):
    """A mistake of the user's, or a registry that does not answer. Its text is all that is printed."""
