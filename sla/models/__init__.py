from sla.models.agreement import Agreement, Calendar, Signature
from sla.models.clock import Clock, Escalation

__all__ = ["Agreement", "Calendar", "Clock", "Escalation", "Signature"]
