-- Two accounts of PostgreSQL: the owner of the tables, with which `utskick migrate` and
-- `utskick rotate-keys` are run by hand, and this one for all processes. It cannot change tables,
-- nor an entry of the access log once it is written. Run it as the owner, in Utskick's database,
-- after each `utskick migrate`: what is new is then granted too.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'utskick_process') THEN
        CREATE ROLE utskick_process LOGIN;  -- by a certificate or a password: ALTER ROLE … PASSWORD
    END IF;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO utskick_process;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO utskick_process;
REVOKE UPDATE ON access_log FROM utskick_process;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM utskick_process;
