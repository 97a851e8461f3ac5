"""The refusals of the product that have a code of their own: each by its code, with how to mend the request."""

from api.problem_types import ProblemType

TYPES = (
    ProblemType(
        "https_required",
        400,
        "The events came over plain HTTP",
        "Send events over HTTPS: change the address in the client's settings.",
    ),
    ProblemType(
        "too_many_events",
        400,
        "The batch has too many events",
        "Send at most 500 events in one batch; set the client's batch size to 500 or less.",
    ),
    ProblemType(
        "invitation_of_another",
        403,
        "The invitation is for another address",
        "Log in with the address that received the invitation, or ask an admin to invite the one you use.",
    ),
    ProblemType(
        "bad_token",
        404,
        "The link is incomplete or was changed",
        "Open the link from the mail again, or copy it whole: mail programs sometimes break long links.",
    ),
    ProblemType(
        "form_closed",
        404,
        "The form is closed",
        "The form takes no more answers. Open it again in Leadflow, or use another form.",
    ),
    ProblemType(
        "too_many_passes",
        409,
        "The lead was handed over as often as agreed",
        "The agreement limits how often one lead goes to sales. Recycle the lead, or give a `reason` "
        "to hand it over nevertheless.",
    ),
    ProblemType(
        "cooling_off",
        409,
        "The lead is in its cooling-off time",
        "A returned lead is not handed over again before `until`. Wait until then, or give a "
        "`reason` to hand it over nevertheless.",
    ),
    ProblemType(
        "no_new_evidence",
        409,
        "Nothing new is known since the return",
        "Record an event or an answer of the lead that came after its return, or give a `reason` to "
        "hand it over nevertheless.",
    ),
    ProblemType(
        "import_started",
        409,
        "The import has started already",
        "An import is changed only before it starts. Wait for its end, and upload a new file for anything else.",
    ),
    ProblemType(
        "agreement_frozen",
        409,
        "The agreement is proposed or signed",
        "Signed terms do not change. Draft the next version, change that, and propose it.",
    ),
    ProblemType(
        "already_signed",
        409,
        "This side has signed already",
        "One signature of each side is enough: do not send it again. `detail` names who signed.",
    ),
    ProblemType(
        "hash_mismatch",
        409,
        "The terms have changed",
        "The hash is not that of the proposed terms. Read the agreement again, and sign the `content_hash` it has now.",
    ),
    ProblemType(
        "no_definition",
        409,
        "A definition is missing",
        "The agreement needs the definitions that `detail` names. Write them first, then propose it.",
    ),
    ProblemType(
        "nothing_to_answer",
        409,
        "No answer is due",
        "The handoff was not returned, or marketing has answered already. Read the handoff again.",
    ),
    ProblemType(
        "no_program",
        409,
        "No program takes the lead",
        "No active program takes this lead by itself. Activate one that takes leads in marketing's care, or enrol it "
        "in a program of your choice.",
    ),
    ProblemType(
        "nothing_left",
        409,
        "The lead had all mails of the program",
        "Nobody gets a mail twice. Add a mail to the program, choose another, or let the program repeat its mails.",
    ),
    ProblemType(
        "mail_had",
        409,
        "The lead had this mail since",
        "Another program sent the same words meanwhile; nobody gets a mail twice.",
    ),
    ProblemType(
        "program_archived",
        409,
        "The program is archived",
        "An archived program does not change. Make a new one, or a copy.",
    ),
    ProblemType(
        "program_without_steps",
        409,
        "The program has no steps",
        "Give the program at least one step, then activate it.",
    ),
    ProblemType(
        "wrong_program_status",
        409,
        "The status of the program does not allow it",
        "`status` is what the program is now. Activate a draft or paused program; pause an active "
        "one; read it again first.",
    ),
    ProblemType(
        "unknown_step_kind",
        409,
        "The kind of a step is not known",
        "The step was made by another version of Leadflow. Replace the step that `detail` names.",
    ),
    ProblemType(
        "unreadable_step",
        409,
        "A step cannot be read",
        "The stored settings of the step that `detail` names are not valid. Set the step anew.",
    ),
    ProblemType(
        "not_resendable",
        409,
        "The mail cannot be sent again",
        "Only a send in the state unknown or failed is sent again; `state` is its state now.",
    ),
    ProblemType(
        "content_seen",
        409,
        "The lead has seen this content",
        "Another mail has shown the lead the same content since. Choose other content, or leave the mail out.",
    ),
    ProblemType(
        "nothing_unseen",
        409,
        "No content is left for this lead",
        "The lead has seen all fitting content, or none fits. Add content to the library, or try the "
        "mail with another lead.",
    ),
    ProblemType(
        "step_without_mail",
        409,
        "The step sends no mail",
        "Try a step of the kind mail or content.",
    ),
    ProblemType(
        "mail_refused",
        409,
        "The mail server refused the mail",
        "`detail` has the server's answer. Correct the address or the sender, then send again.",
    ),
    ProblemType(
        "mail_server_down",
        409,
        "The mail server does not answer",
        "Nothing was sent. Check the mail settings, or send again later.",
    ),
    ProblemType(
        "invitation_revoked",
        409,
        "The invitation is not valid any more",
        "It was revoked or replaced by a newer one. Use the newest mail, or ask an admin for a new invitation.",
    ),
    ProblemType(
        "invitation_used",
        409,
        "The invitation was accepted already",
        "Log in with the address that accepted it. An admin who wants to end the access deactivates the member.",
    ),
    ProblemType(
        "invitation_expired",
        409,
        "The invitation has expired",
        "Ask an admin of the workspace for a new one.",
    ),
    ProblemType(
        "already_member",
        409,
        "This person is a member already",
        "No invitation is needed. Change the role of the member, or activate the member again.",
    ),
    ProblemType(
        "user_exists",
        409,
        "There is a user with this address already",
        "Log in with that address, then accept the invitation.",
    ),
    ProblemType(
        "last_admin",
        409,
        "The workspace would have no admin",
        "Make another member an admin first.",
    ),
    ProblemType(
        "not_set_aside",
        409,
        "The item is not set aside any more",
        "Somebody has retried or discarded it already. Read the list again.",
    ),
    ProblemType(
        "endpoint_paused",
        409,
        "The endpoint is paused",
        "Resume the endpoint first; then send the delivery again.",
    ),
    ProblemType(
        "file_too_big",
        422,
        "The file is too big",
        "Cut the file into several, each with the header line. `detail` has the limit.",
    ),
    ProblemType(
        "empty_file",
        422,
        "The file has no rows",
        "Export the file again, with a header line and at least one row.",
    ),
    ProblemType(
        "not_csv",
        422,
        "The file is not CSV",
        "Open it in the spreadsheet program, save it as CSV (UTF-8), and upload that.",
    ),
    ProblemType(
        "unknown_encoding",
        422,
        "The encoding of the file is not known",
        "Save the file as CSV in UTF-8, and upload that.",
    ),
    ProblemType(
        "unknown_merge_field",
        422,
        "The merge field does not exist",
        "`known` lists the merge fields. Correct the one that `merge_field` names.",
    ),
    ProblemType(
        "bad_merge_field",
        422,
        "The merge fields cannot be read",
        "Write each as `{{ lead.first_name }}`: two braces on both sides and a known name. `detail` names the place.",
    ),
    ProblemType(
        "unknown_filter",
        422,
        "The filter of a merge field does not exist",
        "Take the filter that `filter` names out, or correct its name.",
    ),
)
