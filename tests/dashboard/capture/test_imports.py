"""Importing from the pages: upload, mapping, preview, start, progress, error file."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from leads.intake.imports import jobs
from leads.models import Import, Lead
from tests import builders
from tests.dashboard.desk import HTMX, html

pytestmark = pytest.mark.django_db

CSV = b"E-mail;Vorname;Kundennr\nanna@x.example;Anna;7\nbroken;Bo;8\n"
ASKED = {
    "encoding": "utf-8",
    "delimiter": ";",
    "existing": "update",
    "date_format": "iso",
    "column_0": "email",
    "column_1": "first_name",
    "column_2": "",
}


def upload(browser: Client, content: bytes = CSV, name: str = "a.csv") -> Any:
    return browser.post("/imports/new/", {"file": SimpleUploadedFile(name, content)})


def test_a_file_becomes_leads_by_way_of_mapping_preview_and_progress(desk, browser):
    upload(browser)
    batch = Import.objects.of(desk.workspace).get()
    path = f"/imports/{batch.pk}/"
    page = browser.get(path).content.decode()
    assert "anna@x.example" in page
    assert '<option value="email" selected>' in page
    shown = browser.post(path, {**ASKED, "act": "preview"})
    assert [row.outcome for row in shown.context["rows"]] == ["create", "error"]
    assert not Lead.objects.of(desk.workspace).exists()
    assert browser.post(path, {**ASKED, "act": "start"}).status_code == 302
    assert "See all leads" not in html(browser.get(path))
    running = browser.get(f"{path}progress/", headers=HTMX)
    assert 'hx-trigger="poll"' in running.content.decode()
    assert "HX-Refresh" not in running
    jobs.work(batch, timezone.now())
    over = browser.get(f"{path}progress/", headers=HTMX)
    assert over["HX-Refresh"] == "true"
    assert "poll" not in over.content.decode()
    assert Lead.objects.of(desk.workspace).get().first_name == "Anna"
    done = browser.get(path).content.decode()
    assert "1 skipped" in done
    assert "See all leads" in done
    assert b"broken" in browser.get(f"{path}errors/").getvalue()


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"PK\x03\x04rest", "not CSV"), (b"<html><body>", "web page")]
)
def test_what_is_no_csv_is_refused_beside_the_field_and_not_kept(desk, browser, content, words):
    answer = upload(browser, content)
    assert answer.status_code == 422
    assert words in answer.context["form"].errors["file"][0]
    assert not Import.objects.of(desk.workspace).exists()


def test_a_mapping_that_names_nobody_is_refused_and_nothing_starts(desk, browser):
    upload(browser)
    batch = Import.objects.of(desk.workspace).get()
    answer = browser.post(f"/imports/{batch.pk}/", {**ASKED, "column_0": "", "act": "start"})
    assert answer.status_code == 422
    assert "nothing else says who a row is" in answer.content.decode()
    batch.refresh_from_db()
    assert batch.status == "mapping"


def test_an_external_id_asks_for_its_system_beside_that_field(desk, browser):
    upload(browser)
    batch = Import.objects.of(desk.workspace).get()
    answer = browser.post(f"/imports/{batch.pk}/", {**ASKED, "column_2": "external_id", "act": "preview"})
    assert "Name the system" in answer.context["form"].errors["system"][0]
    again = browser.post(f"/imports/{batch.pk}/", {**ASKED, "column_2": "external_id", "system": "crm", "act": "start"})
    assert again.status_code == 302


def test_an_encoding_that_nobody_can_know_is_asked_for(desk, browser):
    upload(browser, "email,first name\nj@x.example,Jürgen\n".encode("latin-1"))
    batch = Import.objects.of(desk.workspace).get()
    path = f"/imports/{batch.pk}/"
    asked = {**ASKED, "delimiter": ",", "act": "start"}
    assert "Choose the encoding" in browser.get(path).content.decode()
    assert browser.post(path, {**asked, "encoding": ""}).status_code == 422
    assert browser.post(path, {**asked, "encoding": "windows-1252"}).status_code == 302
    jobs.work(batch, timezone.now())
    assert Lead.objects.of(desk.workspace).get().first_name == "Jürgen"


def test_another_delimiter_shows_the_columns_anew_before_anything_starts(desk, browser):
    upload(browser)
    batch = Import.objects.of(desk.workspace).get()
    answer = browser.post(f"/imports/{batch.pk}/", {**ASKED, "delimiter": "|", "act": "start"})
    assert answer.status_code == 302
    batch.refresh_from_db()
    assert (batch.status, len(batch.header)) == ("mapping", 1)


def test_a_rep_does_not_import(desk):
    browser = desk.browser(desk.rep)
    assert upload(browser).status_code == 403
    assert not Import.objects.of(desk.workspace).exists()
    assert builders.actor(desk.rep).can("leads.import") is False
