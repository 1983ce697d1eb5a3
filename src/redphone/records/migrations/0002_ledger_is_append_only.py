"""What Django's models can't say: triggers, where numbers start, and how tables are stored."""

from django.db import migrations

REFUSAL = r"""
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of table % is refused: what was recorded stays as it was.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = TG_ARGV[0];
END
$$;

CREATE TRIGGER entry_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('Put a mistake right with a later entry.');

CREATE TRIGGER words_are_never_deleted
    BEFORE DELETE OR TRUNCATE ON words
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('Erase them instead: set erased_at, and text to nothing.');
"""

REFUSAL_REVERSED = """
DROP TRIGGER words_are_never_deleted ON words;
DROP TRIGGER entry_is_append_only ON entry;
DROP FUNCTION refuse_change();
"""

# The salt goes with the words whatever the caller thought of: with it, short words could be found
# again by hashing guesses.
ERASURE = r"""
CREATE FUNCTION allow_only_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.text = ''
        AND NEW.id = OLD.id AND NEW.stream = OLD.stream
    THEN
        NEW.salt := '';
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'UPDATE of table words is refused: words are erased or left as they are.'
        USING ERRCODE = 'restrict_violation', HINT = 'To erase, set erased_at, and text to nothing, once.';
END
$$;

CREATE TRIGGER words_change_only_by_erasure
    BEFORE UPDATE ON words
    FOR EACH ROW EXECUTE FUNCTION allow_only_erasure();
"""

ERASURE_REVERSED = """
DROP TRIGGER words_change_only_by_erasure ON words;
DROP FUNCTION allow_only_erasure();
"""

# Three digits for incidents and four for cases: easy to say on the phone, hard to mix up.
NUMBERS = """
ALTER TABLE incident ALTER COLUMN number SET START WITH 101 RESTART;
ALTER TABLE "case" ALTER COLUMN number SET START WITH 1001 RESTART;
"""

# Whoever ends an incident locks its row FOR UPDATE and then looks for its cases. A case that joins
# must hold its share of that lock from its INSERT on: checked only at COMMIT, as Django does by
# default, it could slip in unseen between the look and the end.
JOINING = """
DO $$
DECLARE
    found text;
BEGIN
    SELECT conname INTO STRICT found FROM pg_constraint
        WHERE conrelid = '"case"'::regclass AND confrelid = 'incident'::regclass AND contype = 'f';
    EXECUTE format('ALTER TABLE "case" ALTER CONSTRAINT %%I %s', found);
END
$$;
"""

# Room on each page for the next version of a row, so that a change touches no index; and a vacuum
# that goes by what changes: a table that keeps a million ended rows would else wait for 200,000
# dead ones, and the loops' small indexes would be full of them.
STORAGE = """
ALTER TABLE "case" SET (fillfactor = 80);
ALTER TABLE incident SET (fillfactor = 60);
ALTER TABLE heartbeat SET (fillfactor = 50);
ALTER TABLE deadline SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE delivery SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE report SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
"""

STORAGE_REVERSED = """
ALTER TABLE "case" RESET (fillfactor);
ALTER TABLE incident RESET (fillfactor);
ALTER TABLE heartbeat RESET (fillfactor);
ALTER TABLE deadline RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE delivery RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE report RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSAL, REFUSAL_REVERSED),
        migrations.RunSQL(ERASURE, ERASURE_REVERSED),
        migrations.RunSQL(NUMBERS, migrations.RunSQL.noop),
        migrations.RunSQL(
            JOINING % "NOT DEFERRABLE",
            JOINING % "DEFERRABLE INITIALLY DEFERRED",
        ),
        migrations.RunSQL(STORAGE, STORAGE_REVERSED),
    ]
