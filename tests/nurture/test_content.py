"""What a mail shows: the choice of content, merge fields, previews."""

import pytest

from leadflow.errors import Conflict, Invalid
from leads.models import Lead, Persona, Topic
from nurture import library, plaintext, rendering, trials
from nurture.models import Content, Seen, Send
from nurture.steps import StepIn
from tests import builders
from tests.nurture.conftest import MAIL


def filled(workspace, body: str, *, subject: str = "S", **lead) -> rendering.Rendered:
    made = Lead.everywhere.select_related("account").get(pk=builders.lead(workspace, **lead).pk)
    return rendering.render({"subject": subject, "body": body}, made, workspace)


def test_the_leads_interests_choose(workspace, make_content, at):
    make_content("About HR", "hr")
    wanted = make_content("About CRM", "crm", "seo")
    lead = builders.lead(workspace, interests={"crm": 30, "hr": 10})
    choice = library.best_unseen(lead, at=at)
    assert choice.content == wanted
    assert choice.why["points"] == 35
    assert [line["points"] for line in choice.why["lines"]] == [30, 5]
    assert "interest in Crm" in choice.why["words"]


def test_what_was_sent_once_is_never_chosen_again(workspace, make_content, at):
    first, second = make_content("One"), make_content("Two")
    lead = builders.lead(workspace)
    Seen.everywhere.create(workspace=workspace, lead=lead, content=first, at=at)
    assert library.best_unseen(lead, at=at).content == second
    Seen.everywhere.create(workspace=workspace, lead=lead, content=second, at=at)
    assert library.best_unseen(lead, at=at).content is None


def test_content_for_another_persona_is_left_out_and_for_the_own_preferred(workspace, make_content, at):
    people = [Persona(workspace=workspace, code=code, label=code) for code in ("my-buyer", "my-user")]
    buyer, user = Persona.everywhere.bulk_create(people)
    make_content("All")
    make_content("Users", persona=user)
    wanted = make_content("Buyers", persona=buyer)
    assert library.best_unseen(builders.lead(workspace, persona=buyer), at=at).content == wanted


def test_the_buying_stage_of_the_step_or_else_of_the_interest_decides(workspace, make_content, at):
    early, late = make_content("Early"), make_content("Late", stage="decision")
    eager = builders.lead(workspace, interest_level=1)
    assert library.best_unseen(eager, at=at).content == late
    assert library.best_unseen(builders.lead(workspace), at=at).content == early
    assert library.best_unseen(eager, stage="awareness", at=at).content == early


def test_inactive_content_and_that_of_others_is_not_chosen(workspace, make_content, at):
    make_content("Old", active=False)
    other = builders.lead(builders.workspace("Other"))
    make_content("Ours")
    assert library.best_unseen(other, at=at).content is None


def test_choosing_takes_a_fixed_number_of_statements(workspace, make_content, at, django_assert_num_queries):
    for number in range(12):
        make_content(f"C{number}", "crm", "seo")
    lead = builders.lead(workspace)
    with django_assert_num_queries(2):
        library.best_unseen(lead, at=at)


def test_content_is_added_and_changed_with_its_topics(workspace, actor):
    crm, seo = Topic.everywhere.bulk_create(
        Topic(workspace=workspace, code=code, label=code) for code in ("my-crm", "my-seo")
    )
    content = library.add(
        workspace, actor=actor, title=" Guide ", url="https://x.test/", stage="decision", kind="guide", topics=[crm]
    )
    library.edit(content, actor=actor, title="Better guide", topics=[seo])
    kept = Content.objects.of(workspace).get()
    assert (kept.title, kept.stage, list(kept.topics.all())) == ("Better guide", "decision", [seo])


@pytest.mark.parametrize(
    ("field", "value"), [("title", ""), ("url", "javascript:alert(1)"), ("url", "https://"), ("stage", "late")]
)
def test_content_that_is_not_whole_is_refused_with_the_field(workspace, actor, field, value):
    fields = {"title": "Guide", "url": "https://x.test/", "stage": "decision", field: value}
    with pytest.raises(Invalid) as refused:
        library.add(workspace, actor=actor, **fields)
    assert refused.value.field == field
    assert not Content.everywhere.exists()


def test_content_with_a_topic_of_another_workspace_is_refused(workspace, actor):
    other = builders.workspace("Other")
    strange = Topic.everywhere.create(workspace=other, code="strange", label="Strange")
    with pytest.raises(Invalid) as refused:
        library.add(workspace, actor=actor, title="G", url="https://x.test/", stage="decision", topics=[strange])
    assert refused.value.field == "topics"
    assert not Content.everywhere.exists()


def test_values_of_a_lead_cannot_bring_markup_into_a_mail(workspace):
    mail = filled(workspace, "<p>Hi {{ lead.first_name }}</p>", first_name="<script>alert(1)</script>")
    assert "<script" not in mail.html
    assert "&lt;script&gt;" in mail.html


def test_markup_that_mails_do_not_need_is_taken_out(workspace):
    body = '<p onclick="x()">Hi</p><script>x</script><a href="javascript:x">y</a><form><input></form>'
    assert filled(workspace, body).html == "<p>Hi</p><a>y</a>"


def test_plain_text_becomes_paragraphs_with_links(workspace):
    mail = filled(workspace, "Hello & welcome\nto https://x.test/a?b=1&c=2.\n\nBye <friend>")
    assert mail.html == (
        '<p>Hello &amp; welcome<br>to <a href="https://x.test/a?b=1&amp;c=2">https://x.test/a?b=1&amp;c=2</a>.</p>\n'
        "<p>Bye &lt;friend&gt;</p>"
    )
    assert mail.text == "Hello & welcome\nto https://x.test/a?b=1&c=2.\n\nBye <friend>"


def test_a_subject_stays_one_line(workspace):
    mail = filled(workspace, "x", subject="Hi {{ lead.first_name }}", first_name="A\r\nBcc: all@x.test")
    assert mail.subject == "Hi A Bcc: all@x.test"


def test_an_attribute_that_a_lead_does_not_have_is_empty(workspace):
    body = "Size: {{ lead.attributes.size }}."
    assert filled(workspace, body, attributes={"size": 40}).text == "Size: 40."
    assert filled(workspace, body).text == "Size: ."


def test_a_template_that_loops_without_end_is_stopped(workspace):
    with pytest.raises(Invalid):
        filled(workspace, "{% for i in (1..100000000) %}x{% endfor %}")


def test_the_plain_text_of_a_page_keeps_addresses_and_lists():
    fragment = '<h1>News</h1><ul><li>One</li><li>Two</li></ul><p>Read <a href="https://x.test/">on</a> now.</p>'
    assert plaintext.of_html(fragment) == "News\n\n- One\n- Two\n\nRead on: https://x.test/ now."


def test_a_preview_shows_the_mail_as_the_lead_would_get_it_and_plans_nothing(make_program, make_content, workspace):
    make_content("Guide", summary="All about it.")
    step = make_program(StepIn("content", {"stage": ""})).steps.get()
    shown = trials.preview(step, builders.lead(workspace, first_name="Mia"))
    assert shown.subject == "Guide"
    assert "Hello Mia" in shown.html
    assert "All about it." in shown.text
    assert "/o/" not in shown.html
    assert not Send.everywhere.exists()
    assert not Seen.everywhere.exists()


def test_a_step_without_mail_has_no_preview(make_program, workspace):
    step = make_program(StepIn("wait", {"days": 1})).steps.get()
    with pytest.raises(Conflict):
        trials.preview(step, builders.lead(workspace))


def test_a_test_mail_goes_to_the_address_given_and_nowhere_else(make_program, workspace, actor, smtp):
    lead = builders.lead(workspace)
    trials.send_test(make_program().steps.get(), lead, to="me@acme.test", actor=actor)
    assert smtp.recipients == ["me@acme.test"]
    assert b"Subject: [Test] News for Lea" in smtp.accepted[0].content
    assert not Send.everywhere.exists()


def test_a_test_mail_that_the_server_refuses_says_so(make_program, workspace, actor, smtp):
    smtp.rcpt["me@acme.test"] = "550 Go away"
    with pytest.raises(Conflict) as refused:
        trials.send_test(make_program(MAIL).steps.get(), builders.lead(workspace), to="me@acme.test", actor=actor)
    assert "550 Go away" in refused.value.message
