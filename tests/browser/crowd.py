"""Make a workspace with far too much of everything, and print the session of its admin; run as `seed` is."""

import django

django.setup()

from django.utils import timezone  # noqa: E402

from leads.models import Account, Lead  # noqa: E402
from leads.people import search_text  # noqa: E402
from tests.browser.seed import log_in  # noqa: E402
from workspaces import access  # noqa: E402
from workspaces.models import Member, User  # noqa: E402

LEADS = 10_000


def main() -> str:
    """Return the session's key."""
    name = "Maximiliane von Hohenzollern-Überfluss"
    owner = User.objects.create_user("many@nimmersatt.example", "nobody guesses this one", name=name)
    workspace = access.create_workspace("Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", owner=owner)
    account = Account.everywhere.create(
        workspace=workspace, name="Donaudampfschifffahrtsgesellschaft" * 2, domain="d.example"
    )
    now = timezone.now()
    leads = []
    for number in range(LEADS):
        lead = Lead(
            workspace=workspace,
            account=account,
            email=f"{number}.{'x' * 48}@a-very-long-name-of-a-domain.example",
            first_name="Wolfeschlegelsteinhausen",
            last_name=f"Bergerdorff-Überschwänglich{number}",
            source="s" * 60,
            title="Deputy Vice President of Everything That Has Ever Been Planned",
            first_contact_at=now,
        )
        leads.append(lead)
    Lead.everywhere.bulk_create(leads, batch_size=500)
    search_text.write(workspace, leads, search_text.ids_of(leads))
    return log_in(Member.objects.of(workspace).get(user=owner))


if __name__ == "__main__":
    print(main())  # noqa: T201
