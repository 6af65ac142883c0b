"""A step of a timeline as it is shown."""

from dataclasses import dataclass


@dataclass
class StepRow:
    """What components/timeline draws."""

    icon: str  # a meaning in components/icons.STEPS
    tone: str
    what: str
    who: str
    label: str = ""  # of the evidence, which is plain text
    evidence: str = ""
    time: str = ""  # how long ago
    exact: str = ""
    when: str = ""  # for programs
