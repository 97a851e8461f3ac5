from nurture.models.content import Content, Seen
from nurture.models.enrolment import Enrolment
from nurture.models.program import Program, Step
from nurture.models.send import Send
from nurture.models.suppression import Suppression

__all__ = ["Content", "Enrolment", "Program", "Seen", "Send", "Step", "Suppression"]
