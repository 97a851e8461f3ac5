"""Importing CSV: mapping, preview, batches that a crash neither loses nor doubles, the error file."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.utils import timezone

from leadflow import sweeps
from leadflow.errors import Conflict, Invalid
from leads.intake.imports import jobs, mappings
from leads.models import Account, Attribute, Campaign, ExternalId, Import, Lead, RowError
from tests.services import SHARED
from workspaces.actors import Actor, engine
from workspaces.models import Member, Notice, User, Workspace

pytestmark = pytest.mark.django_db
DATA = SHARED
OLIST = DATA / "olist" / "olist_marketing_qualified_leads_dataset.csv"


@pytest.fixture
def workspace():
    return Workspace.objects.create(name="Acme", slug="acme", time_zone="America/Sao_Paulo")


def receive(workspace, content, actor=None):
    content = content if isinstance(content, bytes) else content.encode()
    return jobs.receive(workspace, actor=actor or engine("test"), file_name="leads.csv", content=content)


def run(workspace, content, mapping=None, options=None, actor=None):
    """Import a file to its end, as the sweep does."""
    batch = receive(workspace, content, actor)
    batch = jobs.start(batch, mapping=batch.mapping if mapping is None else mapping, options=options)
    sweeps.run(Import, jobs.work, batch=1)
    batch.refresh_from_db()
    return batch


def counts(batch):
    return batch.created_count, batch.updated_count, batch.unchanged_count, batch.failed_count


def test_a_file_is_mapped_by_its_header_and_imported(workspace):
    batch = run(workspace, "E-Mail;First name;Company;Employees\na@acme.example;Ada;Acme;1,200\nb@beta.example;Bob;;\n")
    assert (batch.status, batch.done_rows, batch.total_rows, counts(batch)) == ("done", 2, 2, (2, 0, 0, 0))
    lead = Lead.objects.of(workspace).select_related("account").get(email="a@acme.example")
    assert (lead.first_name, lead.account.name, lead.account.employees) == ("Ada", "Acme", 1200)


def test_the_same_file_again_adds_nothing(workspace):
    content = "id,email,name\n1,a@acme.example,Ada Byron\n2,,Bob\n"
    run(workspace, content, options={"system": "crm"})
    assert counts(run(workspace, content, options={"system": "crm"})) == (0, 0, 2, 0)
    assert Lead.objects.of(workspace).count() == ExternalId.objects.of(workspace).count() == 2


def test_known_leads_are_updated_and_blank_cells_never_erase(workspace):
    run(workspace, "email,title,phone\na@acme.example,Buyer,1234\n")
    batch = run(workspace, "email,title,phone\na@acme.example,Head buyer,\n")
    assert counts(batch) == (0, 1, 0, 0)
    lead = Lead.objects.of(workspace).get()
    assert (lead.title, lead.phone) == ("Head buyer", "1234")


def test_only_adding_leaves_known_leads_alone(workspace):
    run(workspace, "email,title\na@acme.example,Buyer\n")
    batch = run(workspace, "email,title\na@acme.example,X\nb@acme.example,Y\n", options={"existing": "add"})
    assert counts(batch) == (1, 0, 1, 0)
    assert Lead.objects.of(workspace).get(email="a@acme.example").title == "Buyer"


def test_bad_rows_are_kept_with_their_line_and_the_rest_is_imported(workspace):
    content = 'email,title\n"a@acme.example","two\nlines"\nb@acme.example\nno address,x\nc@acme.example,y\n'
    batch = run(workspace, content)
    assert counts(batch) == (2, 0, 0, 2)
    errors = RowError.objects.of(workspace).order_by("line")
    assert [(error.line, error.row) for error in errors] == [(4, ["b@acme.example"]), (5, ["no address", "x"])]
    assert "1 cells, the header has 2" in errors[0].message


def test_the_error_file_says_why_and_imports_once_it_is_mended(workspace):
    batch = run(workspace, "email,title\nno address,=danger\n")
    rows = list(csv.reader(io.StringIO("".join(jobs.error_file(batch)), newline="")))
    assert rows[0] == ["email", "title", "line", "error"]
    assert rows[1][:3] == ["no address", "'=danger", "2"]
    rows[1][0] = "a@acme.example"
    again = run(workspace, "\n".join(",".join(cell.replace(",", "") for cell in row) for row in rows))
    assert counts(again) == (1, 0, 0, 0)
    assert Lead.objects.of(workspace).get().title == "=danger"


def test_a_nul_character_is_a_row_error(workspace):
    batch = run(workspace, b"email,title\na@acme.example,x\x00y\nb@acme.example,z\n")
    assert counts(batch) == (1, 0, 0, 1)
    assert "NUL" in RowError.objects.of(workspace).get().message


def test_a_quote_that_is_never_closed_fails_the_import_behind_the_good_rows(workspace):
    batch = run(workspace, 'email,title\na@acme.example,x\n"b@acme.example,' + "y" * 200_000)
    assert (batch.status, counts(batch)) == ("failed", (1, 0, 0, 1))
    assert RowError.objects.of(workspace).get().line == 3


def test_a_preview_tells_what_would_happen_and_changes_nothing(workspace):
    run(workspace, "email,title\na@acme.example,Buyer\nb@acme.example,Seller\n")
    batch = receive(workspace, "email,title\na@acme.example,Buyer\nb@acme.example,Boss\nc@acme.example,\nbad,\n")
    rows = jobs.preview(batch, batch.mapping)
    assert [row.outcome for row in rows] == ["unchanged", "update", "create", "error"]
    assert rows[1].changed == ("title",)
    assert Lead.objects.of(workspace).count() == 2
    assert Lead.objects.of(workspace).get(email="b@acme.example").title == "Seller"


def test_an_import_goes_on_where_it_was_when_a_batch_is_rolled_back(workspace, monkeypatch):
    monkeypatch.setattr(jobs, "ROWS", 2)
    batch = receive(workspace, "email\n" + "".join(f"p{n}@acme.example\n" for n in range(5)))
    batch = jobs.start(batch, mapping={"0": "email"})
    jobs.work(batch, timezone.now())
    with transaction.atomic():  # the process dies before its second batch is committed
        jobs.work(batch, timezone.now())
        transaction.set_rollback(True)
    batch.refresh_from_db()
    assert (batch.done_rows, batch.created_count, Lead.objects.of(workspace).count()) == (2, 2, 2)
    sweeps.run(Import, jobs.work, batch=1)
    batch.refresh_from_db()
    assert (batch.status, batch.done_rows, counts(batch)) == ("done", 5, (5, 0, 0, 0))
    assert batch.next_at is None


def test_a_finished_import_is_not_worked_again(workspace):
    batch = run(workspace, "email\na@acme.example\n")
    jobs.work(batch, timezone.now())
    batch.refresh_from_db()
    assert counts(batch) == (1, 0, 0, 0)


def test_the_member_is_told_when_the_import_is_done(workspace):
    user = User.objects.create_user("m@acme.example", "x", name="Mia")
    member = Member.everywhere.create(workspace=workspace, user=user, role="marketing")
    run(workspace, "email\na@acme.example\nbad\n", actor=Actor(member=member))
    notice = Notice.objects.of(workspace).get()
    assert (notice.member_id, notice.kind) == (member.pk, "import.done")
    assert "1 leads created" in notice.text
    assert "1 skipped" in notice.text


def test_attributes_dates_and_consent_are_read_as_mapped(workspace):
    Attribute.everywhere.create(workspace=workspace, key="plan", label="Current plan")
    batch = run(
        workspace,
        "email,Current plan,created,opt-in\na@acme.example,basic,31.12.2025 14:30,yes\nb@acme.example,,31/12/2025,no\n",
        options={"date_format": "dmy"},
    )
    assert counts(batch) == (2, 0, 0, 0)
    one, two = Lead.objects.of(workspace).order_by("email")
    assert (one.attributes, one.consent, two.consent) == ({"plan": "basic"}, "opted_in", "opted_out")
    assert one.first_contact_at == datetime(2025, 12, 31, 17, 30, tzinfo=UTC)  # three hours behind
    assert two.first_contact_at == datetime(2025, 12, 31, 3, 0, tzinfo=UTC)


def test_source_and_campaign_of_the_whole_file_fill_blank_cells(workspace):
    run(workspace, "email,source\na@acme.example,\nb@acme.example,fair\n", options={"source": "list", "campaign": "c1"})
    assert list(Lead.objects.of(workspace).order_by("email").values_list("source", "campaign__code")) == [
        ("list", "c1"),
        ("fair", "c1"),
    ]


@pytest.mark.parametrize(
    ("mapping", "options", "field"),
    [
        ({"1": "first_name"}, {}, "mapping"),
        ({"0": "email", "1": "email"}, {}, "mapping"),
        ({"0": "email", "1": "nonsense"}, {}, "mapping"),
        ({"0": "email", "9": "title"}, {}, "mapping"),
        ({"0": "external_id"}, {}, "system"),
        ({"0": "email"}, {"date_format": "xyz"}, "date_format"),
        ({"0": "email"}, {"existing": "delete"}, "existing"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_before_it_starts(workspace, mapping, options, field):
    batch = receive(workspace, "a,b\n1,2\n")
    with pytest.raises(Invalid) as refusal:
        jobs.start(batch, mapping=mapping, options=options)
    batch.refresh_from_db()
    assert (refusal.value.field, batch.status, batch.next_at) == (field, "mapping", None)


def test_an_import_starts_once(workspace):
    batch = receive(workspace, "email\na@acme.example\n")
    jobs.start(batch, mapping={"0": "email"})
    with pytest.raises(Conflict):
        jobs.start(batch, mapping={"0": "email"})


def test_an_encoding_that_nobody_chose_is_asked_for_before_the_start(workspace):
    batch = receive(workspace, "email,name\na@acme.example,Zoë\n".encode("latin-1"))
    with pytest.raises(Invalid) as refusal:
        jobs.start(batch, mapping=batch.mapping)
    assert refusal.value.field == "encoding"
    batch = jobs.reread(batch, encoding="latin-1")
    jobs.start(batch, mapping=batch.mapping)
    sweeps.run(Import, jobs.work, batch=1)
    assert Lead.objects.of(workspace).get().last_name == "Zoë"


def test_doubled_headers_are_left_to_a_person(workspace):
    assert mappings.guess(workspace, ["Email", "email", "", "Job Title"]) == {"3": "title"}


@pytest.mark.skipif(not OLIST.exists(), reason="needs ../shared/data/olist")
def test_the_olist_leads_keep_their_ids_sources_campaigns_and_dates(workspace):
    batch = receive(workspace, OLIST.read_bytes())
    assert batch.mapping == {"0": "external_id", "1": "first_contact_at", "2": "campaign", "3": "source"}
    batch = run(workspace, OLIST.read_bytes(), options={"system": "olist"})
    assert (batch.status, counts(batch)) == ("done", (8000, 0, 0, 0))
    leads = Lead.objects.of(workspace)
    assert (leads.filter(source="").count(), leads.filter(source="unknown").count()) == (60, 1099)
    lead = leads.get(external_ids__system="olist", external_ids__value="dac32acd4db4c29c230538b72f8dd87d")
    assert lead.first_contact_at == datetime(2018, 2, 1, 2, 0, tzinfo=UTC)  # midnight in São Paulo, in summer
    assert lead.created_at.year >= 2026
    assert lead.campaign_id == Campaign.objects.of(workspace).get(code="88740e65d5d6b056e0cda098e1ea6313").pk
    assert not Account.objects.of(workspace).exists()
