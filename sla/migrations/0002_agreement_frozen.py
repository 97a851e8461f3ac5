"""Refuse, in the database, to change an agreement that was proposed; taking a proposal back to a draft is allowed."""

from django.db import migrations

CHANGES = (
    "OLD.status <> 'draft' AND NOT (OLD.status = 'proposed' AND NEW.status = 'draft') AND (NEW.status = 'draft'"
    " OR NEW.version <> OLD.version OR NEW.content_hash <> OLD.content_hash OR NEW.terms <> OLD.terms)"
)
POSTGRES = f"""
CREATE FUNCTION agreement_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A proposed agreement does not change' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'agreement_frozen';
END $$;
CREATE TRIGGER agreement_frozen BEFORE UPDATE ON sla_agreement
    FOR EACH ROW WHEN ({CHANGES}) EXECUTE FUNCTION agreement_frozen();
"""
SQLITE = f"""
CREATE TRIGGER agreement_frozen BEFORE UPDATE ON sla_agreement WHEN {CHANGES}
BEGIN SELECT RAISE(ABORT, 'agreement_frozen: a proposed agreement does not change'); END
"""


def guard(apps, schema_editor):
    on_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRES if on_postgres else SQLITE, params=None)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION agreement_frozen() CASCADE")
    else:
        schema_editor.execute("DROP TRIGGER agreement_frozen")


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
