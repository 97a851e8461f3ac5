from workspaces.models.access import ApiKey, Invitation, Member, User, Workspace
from workspaces.models.audit import Attributed, AuditEntry
from workspaces.models.notice import Notice

__all__ = ["ApiKey", "Attributed", "AuditEntry", "Invitation", "Member", "Notice", "User", "Workspace"]
