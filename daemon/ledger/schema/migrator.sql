-- Statements of the migrator. The schema may not exist yet. Written for migrator.cpp.

-- name: find_schema
select pg_get_userbyid(nspowner) as owner, current_user as me,
  to_regclass('nowd.migration') is not null as has_migrations
from pg_namespace
where nspname = 'nowd';

-- name: read_applied
select number, name, sha256 from nowd.migration order by number;

-- name: record_applied
-- $1 integer number, $2 text name, $3 text sha256.
insert into nowd.migration (number, name, sha256) values ($1, $2, $3);

-- name: find_temporary_right
-- The database, and whether this role may take the right to make temporary objects from PUBLIC. A role with that
-- right can give names of Postgres's own types to functions that do not look there last.
select quote_ident(d.datname), pg_has_role(current_user, d.datdba, 'USAGE')
from pg_database d
where d.datname = current_database()
  and exists (
    select
    from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
    where a.grantee = 0 and a.privilege_type = 'TEMPORARY'
  );
